/** Reads on the map: those at one place are one mark, because a camera stands still and a mark must not hide another. */
import type { Row } from '../answer/answer.svelte';
import type { LonLat } from './areas.svelte';

export interface Place {
	at: LonLat;
	rows: Row[];
	/** At least one is a verified, exact match. */
	solid: boolean;
	/** The area of the question that holds it; -1 where only one was asked, or none. */
	area: number;
}

/** Exact and verified; all else is drawn hollow. */
export const isSure = (row: Row): boolean => row.match === 'exact' && row.verified;

/** In the order of the rows. Marks take their area's colour only where several areas were asked about. */
export function placesOf(rows: Row[]): Place[] {
	const several = rows.some(({ areas }) => areas.some((area) => area > 0));
	const places = new Map<string, Place>();
	for (const row of rows) {
		const area = several ? (row.areas[0] ?? -1) : -1;
		const key = `${row.lon},${row.lat}`;
		const place = places.get(key);
		if (!place) {
			places.set(key, { at: [row.lon, row.lat], rows: [row], solid: isSure(row), area });
			continue;
		}
		place.rows.push(row);
		place.solid ||= isSure(row);
	}
	return [...places.values()];
}

/** Numbers of stops at one place: `3`, `1, 4`, `4–6`, `1, 4, 7 …`. */
export function stopNumbers(numbers: number[]): string {
	const runs: [number, number][] = [];
	for (const stop of [...numbers].sort((a, b) => a - b)) {
		const last = runs.at(-1);
		if (last?.[1] === stop - 1) last[1] = stop;
		else runs.push([stop, stop]);
	}
	const written = runs.map(([first, last]) => {
		if (first === last) return `${first}`;
		return last === first + 1 ? `${first}, ${last}` : `${first}–${last}`;
	});
	return written.slice(0, RUNS_SHOWN).join(', ') + (written.length > RUNS_SHOWN ? ' …' : '');
}
const RUNS_SHOWN = 3;

export interface Stop extends Place {
	label: string;
}

/** Places of a vehicle's reads with their numbers in the rows' order. */
export function stopsOf(rows: Row[]): Stop[] {
	const numbers = new Map(rows.map((row, index) => [row.id, index + 1]));
	return placesOf(rows).map((place) => ({
		...place,
		label: stopNumbers(place.rows.map(({ id }) => numbers.get(id) ?? 0)),
	}));
}

/** Steps of a density's colours. */
export const CELL_STEPS = 5;

/** The lowest number of reads of each step, evenly on a scale that multiplies: a few cells hold most reads. */
export function cellSteps(reads: number[]): number[] {
	const most = Math.max(1, ...reads);
	const least = Math.min(most, ...reads.filter((count) => count > 0));
	const steps = Array.from({ length: CELL_STEPS }, (_, index) =>
		Math.round(least * (most / least) ** (index / CELL_STEPS)),
	);
	return [...new Set(steps)];
}

export const cellStep = (reads: number, steps: number[]): number =>
	Math.max(
		0,
		steps.findLastIndex((least) => reads >= least),
	);

/** Tells a new answer from the pages and filters of one that the map has moved to already. */
export class Known {
	#ids = new Set<string>();

	/** Whether none of these reads was there before; they are from now on. */
	isNew(rows: Row[]): boolean {
		const isNew = rows.length > 0 && !rows.some(({ id }) => this.#ids.has(id));
		if (isNew) this.#ids = new Set();
		for (const { id } of rows) this.#ids.add(id);
		return isNew;
	}
}
