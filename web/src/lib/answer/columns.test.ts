import { describe, expect, test } from 'vitest';
import { Columns, NO_FILTER, isFiltering, toggled, type Filter } from './columns';
import { many, read } from './fixture';

const none = new Map<string, never>();

function sift(
	rows: ReturnType<typeof many>,
	filter: Partial<Filter>,
	marks: ReadonlyMap<string, 'relevant' | 'not-relevant'> = none,
) {
	const columns = new Columns();
	columns.add(rows);
	const sifted = columns.sift(
		rows.map((_, at) => at),
		{ ...NO_FILTER, ...filter },
		marks,
	);
	return {
		...sifted,
		ids: sifted.kept.map((at) => rows[at]!.id),
		facet: (key: string) =>
			Object.fromEntries(
				sifted.facets.find((facet) => facet.key === key)!.values.map(({ value, count }) => [value, count]),
			),
	};
}

const rows = [
	read('1', { make: 'ford', colour: 'gray', areas: [0], scan_time: '2026-11-20T10:00:00Z' }),
	read('2', { make: 'ford', colour: 'red', areas: [0, 1], scan_time: '2026-11-20T11:00:00Z' }),
	read('3', {
		make: 'toyota',
		colour: 'red',
		areas: [1],
		scan_time: '2026-11-20T12:00:00Z',
		state: null,
		match: 'unknown-state',
	}),
	read('4', { make: null, model: null, colour: null, areas: [], scan_time: '2026-11-20T13:00:00Z', verified: false }),
];

describe('filters over the reads of an answer', () => {
	test('QRY 8 values of one facet add up, facets narrow each other', () => {
		expect(sift(rows, { chosen: { make: ['ford'] } }).ids).toEqual(['1', '2']);
		expect(sift(rows, { chosen: { make: ['ford', 'toyota'] } }).ids).toEqual(['1', '2', '3']);
		expect(sift(rows, { chosen: { make: ['ford', 'toyota'], colour: ['red'] } }).ids).toEqual(['2', '3']);
	});

	test('a facet counts what choosing a further value of it would show', () => {
		const { facet } = sift(rows, { chosen: { make: ['ford'], colour: ['red'] } });
		expect(facet('make')).toEqual({ ford: 1, toyota: 1 });
		expect(facet('colour')).toEqual({ red: 1, gray: 1 });
		expect(facet('area')).toEqual({ 0: 1, 1: 1 });
	});

	test('a chosen value stays in its facet when nothing has it any more', () => {
		expect(sift(rows, { chosen: { make: ['toyota'], colour: ['gray'] } }).facet('make')).toEqual({
			ford: 1,
			toyota: 0,
		});
	});

	test('what a camera did not report can be asked for', () => {
		expect(sift(rows, { chosen: { make: [''] } }).ids).toEqual(['4']);
		expect(sift(rows, { chosen: { state: [''] } }).ids).toEqual(['3']);
	});

	test('a read in two areas counts in both', () => {
		expect(sift(rows, {}).facet('area')).toEqual({ 0: 2, 1: 2 });
		expect(sift(rows, { chosen: { area: ['1'] } }).ids).toEqual(['2', '3']);
	});

	test('the brush keeps its beginning and not its end, and leaves the timeline whole', () => {
		const brush = { from: Date.parse('2026-11-20T11:00:00Z'), until: Date.parse('2026-11-20T12:00:00Z') };
		const sifted = sift(rows, { brush, chosen: { colour: ['red'] } });
		expect(sifted.ids).toEqual(['2']);
		expect(sifted.anyTime).toEqual([1, 2]);
	});

	test('words are looked for in plate, camera and vehicle, all of them', () => {
		expect(sift(rows, { text: 'RED for' }).ids).toEqual(['2']);
		expect(sift(rows, { text: 'hazel toyota' }).ids).toEqual(['3']);
		expect(sift(rows, { text: 'red gray' }).ids).toEqual([]);
	});

	test('RES 1 marks are a facet, and change without the rows', () => {
		const marks = new Map([['1', 'relevant'] as const, ['3', 'not-relevant'] as const]);
		expect(sift(rows, {}, marks).facet('mark')).toEqual({ relevant: 1, 'not-relevant': 1, none: 2 });
		expect(sift(rows, { chosen: { mark: ['relevant'] } }, marks).ids).toEqual(['1']);
		expect(sift(rows, { chosen: { mark: ['none'] } }, marks).ids).toEqual(['2', '4']);
	});

	test('QRY 5 a cell of the common-plate table keeps one plate, state and area', () => {
		expect(sift(rows, { cell: { plate: '7KXM204', state: 'US-CA', area: 0 } }).ids).toEqual(['1', '2']);
		expect(sift(rows, { cell: { plate: '7KXM204', state: null, area: 1 } }).ids).toEqual(['3']);
		expect(sift(rows, { cell: { plate: '7KXM204', state: 'US-CA', area: null } }).ids).toEqual(['1', '2', '4']);
	});

	test('choosing twice takes the choice back', () => {
		const once = toggled(NO_FILTER, 'make', 'ford');
		expect(isFiltering(once)).toBe(true);
		expect(isFiltering(toggled(once, 'make', 'ford'))).toBe(false);
	});

	test('9,999 reads that come in pages are filtered and counted as one', () => {
		const all = many(9_999);
		const columns = new Columns();
		for (let at = 0; at < all.length; at += 500) columns.add(all.slice(at, at + 500));
		const order = all.map((_, at) => at);
		const filter: Filter = { ...NO_FILTER, chosen: { make: ['ford'], state: ['US-CA', 'US-NV'] }, text: 'gray' };
		const kept = columns.sift(order, filter, none).kept.map((at) => all[at]!.id);
		const slow = all.filter(
			(row) => row.make === 'ford' && ['US-CA', 'US-NV'].includes(row.state ?? '') && row.colour === 'gray',
		);
		expect(kept).toEqual(slow.map(({ id }) => id));
	});
});
