import { describe, expect, test } from 'vitest';
import { Problem } from '../api/problem';
import { span, utc, Zone } from './times';

describe("times in the agency's zone", () => {
	const zone = new Zone('America/Los_Angeles');

	test('WHY 1 an instant is written with its offset, and UTC beside it', () => {
		expect(zone.text('2026-07-01T12:00:00Z')).toBe('2026-07-01 05:00:00 -07:00');
		expect(zone.text('2026-01-01T12:00:00Z')).toBe('2026-01-01 04:00:00 -08:00');
		expect(utc('2026-07-01T05:00:00-07:00')).toBe('2026-07-01 12:00:00 UTC');
	});

	test('a zone is named with its offset, and one that is only an offset by that', () => {
		expect(zone.label('2026-01-01T12:00:00Z')).toBe('America/Los_Angeles (UTC−08:00)');
		expect(new Zone('Etc/GMT+9').label('2026-01-01T12:00:00Z')).toBe('UTC−09:00');
		expect(new Zone('UTC').label('2026-01-01T12:00:00Z')).toBe('UTC');
	});

	test('WHY 1 what is typed in a field becomes an instant with its offset', () => {
		expect(zone.instant('2026-07-01T05:00')).toBe('2026-07-01T05:00:00-07:00');
		expect(zone.wall('2026-07-01T12:00:00Z')).toBe('2026-07-01T05:00');
	});

	test('WHY 1 a time that the clock jumps over is refused, not guessed', () => {
		expect(() => zone.instant('2026-03-08T02:30', 'from')).toThrow(/jumps over/);
	});

	test('WHY 1 a time that the clock shows twice is refused with both readings', () => {
		const thrown = (() => {
			try {
				zone.instant('2026-11-01T01:30', 'from');
			} catch (error) {
				return error;
			}
		})();
		expect(thrown).toBeInstanceOf(Problem);
		expect((thrown as Problem).field).toBe('from');
		expect((thrown as Problem).what).toContain('2026-11-01T01:30:00-07:00');
		expect((thrown as Problem).what).toContain('2026-11-01T01:30:00-08:00');
	});

	test('what is no date has no reading', () => {
		expect(['', '2026-02-31T99:00', '275760-09-13T00:00'].map((wall) => zone.readings(wall))).toEqual([[], [], []]);
	});

	test('a zone without daylight saving reads every time once', () => {
		expect(new Zone('Etc/GMT+9').instant('2026-03-08T02:30')).toBe('2026-03-08T02:30:00-09:00');
	});

	test('a span is said in two parts at most', () => {
		expect([5, 65, 3_900, 100_000].map(span)).toEqual(['5 s', '1 min 05 s', '1 h 05 min', '1 d 3 h']);
	});
});
