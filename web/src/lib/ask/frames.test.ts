import { describe, expect, test } from 'vitest';
import { Zone } from '../words/times';
import { DAY_MS, daysEarlier, frameWords, lastDays, lengthOf, readFrame, wallFrame, type FrameLimits } from './frames';

const zone = new Zone('America/Los_Angeles');
const now = Date.parse('2026-05-10T20:30:20Z');
const open: FrameLimits = { longestDays: null, lookBackDays: null, reason: '' };
const wall = (from: string, to: string) => ({ from, to, fromOffset: '', toOffset: '' });

test('WHY 1 the last days end with the coming minute, in the agency’s zone', () => {
	expect(lastDays(7, zone, now)).toMatchObject({ from: '2026-05-03T13:31', to: '2026-05-10T13:31' });
	const frame = readFrame({ ...wall('', ''), ...lastDays(7, zone, now) }, zone, now, open);
	expect(frame).toMatchObject({ from: '2026-05-03T13:31:00-07:00', to: '2026-05-10T13:31:00-07:00', faults: [] });
	expect(frame.milliseconds).toBe(7 * DAY_MS);
});

test('WHY 1 what is empty is not there, and an end before its beginning is wrong', () => {
	expect(readFrame(wall('', '2026-05-10T00:00'), zone, now, open)).toMatchObject({ from: null, faults: [] });
	expect(readFrame(wall('2026-05-10T00:00', '2026-05-09T00:00'), zone, now, open).faults).toEqual([
		{ field: 'to', text: 'The end must be after the beginning.' },
	]);
});

describe('WHY 5 limits are checked before anything is asked', () => {
	test('a span that is too long, but not by the hour that the service allows', () => {
		const limits = { ...open, longestDays: 7 };
		const long = readFrame(wall('2026-05-01T13:31', '2026-05-10T13:31'), zone, now, limits);
		expect(long.faults[0]?.text).toBe('This kind of question reaches over at most 7 days; this is 9 days.');
		expect(readFrame(wall('2026-05-03T12:40', '2026-05-10T13:31'), zone, now, limits).faults).toEqual([]);
	});

	test('a beginning further back than the reason reaches names the earliest day', () => {
		const limits = { ...open, lookBackDays: 30, reason: 'Burglary' };
		expect(readFrame(wall('2026-03-01T00:00', '2026-03-02T00:00'), zone, now, limits).faults[0]?.text).toBe(
			'Burglary reaches back at most 30 days: begin on 2026-04-10 or later.',
		);
	});

	test('common plates count each area’s own frame instead', () => {
		const limits = { ...open, longestDays: 7, byArea: true };
		expect(readFrame(wall('2026-05-01T13:31', '2026-05-10T13:31'), zone, now, limits).faults).toEqual([]);
	});
});

describe('a clock that jumps is never guessed about', () => {
	test('an hour that does not exist', () => {
		const frame = readFrame(wall('2026-03-08T02:30', '2026-03-09T00:00'), zone, now, open);
		expect(frame.from).toBeNull();
		expect(frame.faults[0]?.text).toMatch(/jumps over this time/);
	});

	test('an hour that comes twice is asked about, and chosen by its offset', () => {
		const twice = wall('2025-11-02T01:30', '2025-11-03T00:00');
		expect(readFrame(twice, zone, now, open).faults[0]?.readings).toEqual([
			'2025-11-02T01:30:00-07:00',
			'2025-11-02T01:30:00-08:00',
		]);
		expect(readFrame({ ...twice, fromOffset: '-08:00' }, zone, now, open)).toMatchObject({
			from: '2025-11-02T01:30:00-08:00',
			faults: [],
		});
	});

	test('two instants keep their readings when they become wall times', () => {
		const frame = wallFrame('2025-11-02T08:30:00Z', '2025-11-02T09:30:00Z', zone);
		expect(readFrame(frame, zone, now, open)).toMatchObject({
			from: '2025-11-02T01:30:00-07:00',
			to: '2025-11-02T01:30:00-08:00',
			faults: [],
		});
		expect(wallFrame('2025-11-03T00:00:00Z', '2025-11-03T08:00:00Z', zone).toOffset).toBe('');
	});

	test('a week earlier is at the same time on the wall', () => {
		expect(daysEarlier('2025-11-05T08:30', 7)).toBe('2025-10-29T08:30');
	});

	test('a date that there is not is said, and nothing fails', () => {
		const frame = readFrame(wall('275760-09-13T00:00', '2025-11-03T00:00'), zone, now, open);
		expect(frame.from).toBeNull();
		expect(frame.faults).toEqual([{ field: 'from', text: 'There is no such date.' }]);
	});

	test('a week over the change is an hour longer by the clock on the wall', () => {
		const frame = readFrame(wall('2025-10-28T00:00', '2025-11-04T00:00'), zone, now, { ...open, longestDays: 7 });
		expect(frame.milliseconds).toBe(7 * DAY_MS + 3_600_000);
		expect(frame.faults).toEqual([]);
	});
});

test('lengths and frames in words', () => {
	expect(lengthOf(7 * DAY_MS)).toBe('7 days');
	expect(lengthOf(DAY_MS + 4 * 3_600_000)).toBe('1 day 4 hours');
	expect(lengthOf(45 * 60_000)).toBe('45 minutes');
	expect(frameWords({ from: '2026-05-03T00:00', to: '2026-05-10T00:00' }, '2026-05-10T13:31')).toBe('May 3 to May 10');
	expect(frameWords({ from: '2025-12-31T08:00', to: '2026-01-01T20:15' }, '2026-05-10T13:31')).toBe(
		'Dec 31, 2025 08:00 to Jan 1 20:15',
	);
});
