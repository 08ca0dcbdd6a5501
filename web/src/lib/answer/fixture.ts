/** Reads for tests: fictional plates. */
import type { Row } from './answer.svelte';

export const read = (id: string, more: Partial<Row> = {}): Row => ({
	id,
	plate: '7KXM204',
	raw_plate: '7KXM204',
	state: 'US-CA',
	scan_time: '2026-11-20T11:13:36.25Z',
	receive_time: '2026-11-20T11:13:40Z',
	lat: 33.97879,
	lon: -139.92593,
	camera: 'Eastfield 01, 48th Street at Hazel Avenue',
	source: 'pole',
	commercial: false,
	owner: 'Port Larkin Police',
	confidence: 0.941,
	make: 'ford',
	model: 'f-150',
	colour: 'gray',
	readings: [],
	match: 'exact',
	areas: [],
	photos: 2,
	verified: true,
	low_quality: false,
	...more,
});

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length]!;

/** So many reads of made-up plates, newest first, five minutes apart. */
export function many(count: number): Row[] {
	const start = Date.parse('2026-11-26T00:00:00Z');
	return Array.from({ length: count }, (_, at) => {
		const time = new Date(start - at * 300_000).toISOString();
		return read(String(1_000_000 - at), {
			plate: `${at % 10}${String.fromCharCode(65 + (at % 26), 65 + ((at * 7) % 26), 65 + ((at * 11) % 26))}${100 + ((at * 13) % 900)}`,
			state: at % 17 === 0 ? null : pick(['US-CA', 'US-NV', 'US-AZ', 'US-OR', 'US-WA', 'US-TX'], at * 5),
			scan_time: time,
			receive_time: time,
			camera: `Camera ${(at * 31) % 140}`,
			source: pick(['pole', 'toll-road', 'parking-lot', 'vehicle'], at),
			make: pick(['toyota', 'ford', 'honda', 'chevrolet', null], at * 3),
			model: pick(['camry', 'f-150', 'civic', 'tahoe', null], at * 3),
			colour: pick(['white', 'black', 'gray', 'red', 'blue', null], at * 7),
			year: at % 4 ? 2000 + (at % 26) : null,
			match: at % 40 === 0 ? 'look-alike' : at % 55 === 0 ? 'alternative' : at % 17 === 0 ? 'unknown-state' : 'exact',
			confidence: (60 + (at % 40)) / 100,
			areas: [at % 3],
			photos: at % 19 === 0 ? 1 : 2,
			verified: at % 19 !== 0,
			low_quality: at % 101 === 0,
		});
	});
}
