import { describe, expect, it } from 'vitest';
import type { Row } from '../answer/answer.svelte';
import { cellStep, cellSteps, Known, placesOf, stopNumbers, stopsOf } from './places';

const row = (id: string, lon: number, lat: number, more: Partial<Row> = {}): Row =>
	({ id, lon, lat, match: 'exact', verified: true, areas: [0], ...more }) as Row;

describe('places of reads', () => {
	it('gather reads at one place and keep their order', () => {
		const places = placesOf([row('1', 1, 1), row('2', 2, 2), row('3', 1, 1)]);
		expect(places.map(({ rows }) => rows.map(({ id }) => id))).toEqual([['1', '3'], ['2']]);
	});

	it('are hollow where no read is an exact, verified match', () => {
		const unverified = row('1', 1, 1, { verified: false });
		const lookAlike = row('2', 2, 2, { match: 'look-alike' });
		expect(placesOf([unverified, lookAlike]).map(({ solid }) => solid)).toEqual([false, false]);
		expect(placesOf([unverified, row('3', 1, 1)])[0]!.solid).toBe(true);
	});

	it('take the color of their area only where several were asked about', () => {
		expect(placesOf([row('1', 1, 1)])[0]!.area).toBe(-1);
		expect(placesOf([row('1', 1, 1), row('2', 2, 2, { areas: [1] })]).map(({ area }) => area)).toEqual([0, 1]);
	});

	it('are made of 10,000 reads at once', () => {
		const rows = Array.from({ length: 10_000 }, (_, index) => row(String(index), index % 150, 0));
		expect(placesOf(rows)).toHaveLength(150);
	});
});

describe('stops of a movement', () => {
	it.each([
		[[3], '3'],
		[[1, 4], '1, 4'],
		[[4, 5], '4, 5'],
		[[4, 5, 6], '4–6'],
		[[7, 1, 4], '1, 4, 7'],
		[[1, 4, 7, 9], '1, 4, 7 …'],
		[[1, 2, 3, 8, 9], '1–3, 8, 9'],
	])('%j is written %s', (numbers, written) => expect(stopNumbers(numbers)).toBe(written));

	it('QRY 6 are numbered in the order of time, several at one place together', () => {
		const stops = stopsOf([row('a', 1, 1), row('b', 2, 2), row('c', 3, 3), row('d', 1, 1)]);
		expect(stops.map(({ label }) => label)).toEqual(['1, 4', '2', '3']);
	});
});

describe('density', () => {
	it('has up to five steps that begin at the fewest reads', () => {
		const steps = cellSteps([12, 40, 300, 1981]);
		expect(steps).toHaveLength(5);
		expect(steps[0]).toBe(12);
		expect(steps.at(-1)).toBeLessThan(1981);
		expect([12, 33, 34, 1981].map((reads) => cellStep(reads, steps))).toEqual([0, 1, 1, 4]);
	});

	it('has one step where all cells are alike', () => {
		expect(cellSteps([7, 7])).toEqual([7]);
		expect(cellSteps([])).toEqual([1]);
	});
});

describe('a new answer', () => {
	it('is one of which no read was there before; pages and filters are not', () => {
		const known = new Known();
		expect(known.isNew([])).toBe(false);
		expect(known.isNew([row('1', 1, 1), row('2', 1, 1)])).toBe(true);
		expect(known.isNew([row('1', 1, 1), row('2', 1, 1), row('3', 1, 1)])).toBe(false);
		expect(known.isNew([row('3', 1, 1)])).toBe(false);
		expect(known.isNew([])).toBe(false);
		expect(known.isNew([row('3', 1, 1)])).toBe(false);
		expect(known.isNew([row('7', 1, 1)])).toBe(true);
	});
});
