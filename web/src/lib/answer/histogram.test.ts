import { describe, expect, test } from 'vitest';
import { Zone } from '../words/times';
import { binOf, bounds, countIn, roundTimes, stepFor, ticks } from './histogram';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const pacific = new Zone('America/Los_Angeles');
const iso = (instants: number[]) => instants.map((instant) => new Date(instant).toISOString().slice(0, 16));
const frame = (from: string, until: string) => ({ from: Date.parse(from), until: Date.parse(until) });

describe('round times on the agency’s clock', () => {
	test('days begin at its midnight', () => {
		expect(iso(roundTimes(new Zone('Etc/GMT+9'), frame('2026-11-20T00:00:00Z', '2026-11-22T12:00:00Z'), DAY))).toEqual([
			'2026-11-20T09:00',
			'2026-11-21T09:00',
			'2026-11-22T09:00',
		]);
	});

	test('the day on which the clock jumps forward has 23 hours', () => {
		const days = roundTimes(pacific, frame('2026-03-07T00:00:00Z', '2026-03-10T12:00:00Z'), DAY);
		expect(iso(days)).toEqual(['2026-03-07T08:00', '2026-03-08T08:00', '2026-03-09T07:00', '2026-03-10T07:00']);
	});

	test('the day on which it jumps back has 25', () => {
		const days = roundTimes(pacific, frame('2026-10-31T00:00:00Z', '2026-11-03T12:00:00Z'), DAY);
		expect(iso(days)).toEqual(['2026-10-31T07:00', '2026-11-01T07:00', '2026-11-02T08:00', '2026-11-03T08:00']);
	});

	test('an hour that is jumped over is left out, and later ones stay round', () => {
		const hours = roundTimes(pacific, frame('2026-03-08T07:30:00Z', '2026-03-08T14:30:00Z'), HOUR);
		expect(iso(hours)).toEqual(['08', '09', '10', '11', '12', '13', '14'].map((hour) => `2026-03-08T${hour}:00`));
		const six = roundTimes(pacific, frame('2026-03-08T07:30:00Z', '2026-03-09T07:30:00Z'), 6 * HOUR);
		expect(six.map((instant) => pacific.parts(instant).time.slice(0, 5))).toEqual([
			'00:00',
			'06:00',
			'12:00',
			'18:00',
			'00:00',
		]);
	});

	test('across the jump back bins stay in order and none is empty of time', () => {
		for (const step of [HOUR / 2, HOUR, 3 * HOUR, DAY]) {
			const edges = bounds(pacific, frame('2026-10-31T12:34:00Z', '2026-11-02T12:34:00Z'), step);
			expect(edges).toEqual([...edges].sort((a, b) => a - b));
			expect(new Set(edges).size).toBe(edges.length);
		}
	});

	test('weeks begin on Monday', () => {
		const weeks = roundTimes(pacific, frame('2026-10-28T00:00:00Z', '2026-11-27T00:00:00Z'), 7 * DAY);
		expect(weeks.map((instant) => pacific.day(instant))).toEqual([
			'Mon 2 Nov',
			'Mon 9 Nov',
			'Mon 16 Nov',
			'Mon 23 Nov',
		]);
	});
});

describe('bins', () => {
	test('the smallest step that is not too fine', () => {
		expect(stepFor({ from: 0, until: DAY }, 100)).toBe(HOUR / 4);
		expect(stepFor({ from: 0, until: 30 * DAY }, 100)).toBe(12 * HOUR);
	});

	test('every read is in one bin, what is outside in none', () => {
		const edges = [0, 10, 20, 30];
		expect([-1, 0, 9, 10, 29, 30].map((instant) => binOf(edges, instant))).toEqual([-1, 0, 0, 1, 2, -1]);
		expect(countIn(edges, [0, 5, 10, 29, 30, 99])).toEqual([2, 1, 1]);
		expect(countIn([], [1, 2])).toEqual([]);
	});

	test('labels are apart, days by name and hours by the clock', () => {
		const labels = ticks(pacific, frame('2026-11-19T20:00:00Z', '2026-11-21T20:00:00Z'), 480, 80);
		expect(labels.map(({ label }) => label)).toEqual(['Fri 20 Nov', '12:00', 'Sat 21 Nov']);
	});
});
