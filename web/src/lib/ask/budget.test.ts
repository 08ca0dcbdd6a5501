import { describe, expect, it } from 'vitest';
import { budgetInWords, budgetTaken } from './budget';

const frame = { from: '2026-05-01T00:00:00Z', to: '2026-05-03T00:00:00Z' };
const now = Date.parse('2026-05-02T00:00:00Z');

describe('the budget of area and time', () => {
	it('LIM 2 takes size times days, without what lies in the future', () => {
		expect(budgetTaken(2e6, frame, Date.parse('2026-06-01T00:00:00Z'))).toBe(4);
		expect(budgetTaken(2e6, frame, now)).toBe(2);
		expect(budgetTaken(null, frame, now)).toBeNull();
		expect(budgetTaken(2e6, { from: null, to: null }, now)).toBeNull();
	});

	it('LIM 2 says what is left before anything is asked, rounded against the asker', () => {
		const budget = { km2_days: 3000, left_km2_days: 2999.999 };
		expect(budgetInWords(budget, 0.001)).toMatch(
			/^2,999\.99 of 3,000 .* left within 30 days; this takes at most 0\.01\.$/,
		);
		expect(budgetInWords(budget, null)).toMatch(/30 days\.$/);
	});
});
