import { expect, test } from 'vitest';
import { dateAhead, fromNow, lastDay, longDay } from './days';

const now = Date.parse('2026-11-27T12:00:00Z');

test('a day is said in its zone, with its year', () => {
	expect(longDay('2027-05-03T02:00:00Z', 'UTC')).toBe('May 3, 2027');
	expect(longDay('2027-05-03T02:00:00Z', 'Etc/GMT+9')).toBe('May 2, 2027');
});

test('an end that is the instant after a day is said as that day', () => {
	expect(lastDay('2027-01-01T09:00:00Z', 'Etc/GMT+9')).toBe('Dec 31, 2026');
});

test('near days are counted and far ones are said roughly', () => {
	expect(fromNow('2026-11-27T20:00:00Z', now)).toBe('today');
	expect(fromNow('2026-11-28T12:00:00Z', now)).toBe('tomorrow');
	expect(fromNow('2026-11-26T12:00:00Z', now)).toBe('yesterday');
	expect(fromNow('2026-12-09T12:00:00Z', now)).toBe('in 12 days');
	expect(fromNow('2026-08-27T12:00:00Z', now)).toBe('3 months ago');
	expect(fromNow('2023-11-27T12:00:00Z', now)).toBe('3 years ago');
});

test('a date input begins in the zone of the agency', () => {
	expect(dateAhead(Date.parse('2026-11-27T05:00:00Z'), 0, 'Etc/GMT+9')).toBe('2026-11-26');
	expect(dateAhead(now, 30, 'UTC')).toBe('2026-12-27');
});
