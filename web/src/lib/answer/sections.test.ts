import { describe, expect, test } from 'vitest';
import { read } from './fixture';
import { gaps, NEWEST_FIRST, sections, sorted } from './sections';

const at = (time: string) => `2026-11-20T${time}Z`;

describe('sections', () => {
	test('QRY 10 exact and confirmed reads come first, what is less sure apart', () => {
		const rows = [
			read('1', { match: 'alternative' }),
			read('2', { match: 'look-alike' }),
			read('3'),
			read('4', { match: 'unknown-state' }),
			read('5', { verified: false }),
			read('6'),
		];
		expect(sections(rows, false).map(({ key, rows }) => [key, rows.map(({ id }) => id)])).toEqual([
			['exact', ['3', '6']],
			['unverified', ['5']],
			['unknown-state', ['4']],
			['look-alike', ['2']],
			['alternative', ['1']],
		]);
	});

	test('QRY 6 a movement has no sections: stops stay in order of time', () => {
		const rows = [read('1', { match: 'look-alike' }), read('2')];
		expect(sections(rows, true)).toHaveLength(1);
		expect(sections(rows, true)[0]!.rows).toEqual(rows);
		expect(sections([], true)).toEqual([]);
	});
});

describe('order', () => {
	const rows = [
		read('1', { plate: 'BBB', scan_time: at('10:00:00'), confidence: 0.5 }),
		read('2', { plate: 'AAA', scan_time: at('12:00:00'), confidence: null }),
		read('3', { plate: 'BBB', scan_time: at('11:00:00'), confidence: 0.9 }),
	];
	const times = rows.map(({ scan_time }) => Date.parse(scan_time));
	const ids = (key: 'time' | 'plate' | 'confidence', isDescending: boolean) =>
		sorted(rows, times, { key, isDescending }).map((place) => rows[place]!.id);

	test('newest first', () =>
		expect(sorted(rows, times, NEWEST_FIRST).map((place) => rows[place]!.id)).toEqual(['2', '3', '1']));
	test('by plate, equal ones newest first', () => expect(ids('plate', false)).toEqual(['2', '3', '1']));
	test('what is not reported comes last both ways', () => {
		expect(ids('confidence', true)).toEqual(['3', '1', '2']);
		expect(ids('confidence', false)).toEqual(['1', '3', '2']);
	});
});

test('QRY 6 between the stops that are shown is their time, and how many a filter hides', () => {
	const all = ['10:00:00', '10:23:17', '12:00:00', '12:30:00'].map((time, index) =>
		read(String(index), { scan_time: at(time) }),
	);
	expect(gaps(all, all)).toEqual([
		null,
		{ seconds: 1_397, hidden: 0 },
		{ seconds: 5_803, hidden: 0 },
		{ seconds: 1_800, hidden: 0 },
	]);
	expect(gaps(all, [all[0]!, all[3]!])).toEqual([null, { seconds: 9_000, hidden: 2 }]);
});
