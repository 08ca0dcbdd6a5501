import { describe, expect, test } from 'vitest';
import { changes, FIELDS, fieldsOf, said } from './limits';

const field = (name: string) => FIELDS.find((one) => one.name === name)!;

describe('AGY 5 the numbers of a policy are said in words', () => {
	test('areas, days and characters with their units', () => {
		expect(said(field('largest_area_m2'), 4_000_000)).toBe('4 km²');
		expect(said(field('review_days'), 365)).toBe('365 days');
		expect(said(field('fewest_known_characters'), 1)).toBe('1 character');
		expect(said(field('longest_look_back_days'), null)).toBe('No limit');
	});

	test('days for each kind, or once where all are alike', () => {
		const kinds = ['full-plate', 'partial-plate', 'make-model', 'area', 'common-plate', 'movement'];
		expect(said(field('longest_span_days'), Object.fromEntries(kinds.map((kind) => [kind, 30])))).toBe(
			'30 days, all alike',
		);
		expect(said(field('training_days'), { tool: 365 })).toBe('Use of the service 365 days');
	});

	test('sets and choices', () => {
		expect(said(field('needs_certificate'), [])).toBe('None');
		expect(said(field('needs_certificate'), ['area', 'common'])).toBe('Area and Common plates');
		expect(said(field('closed_case'), 'flag')).toBe('Answer, and flag the entry');
		expect(said(field('preview_first'), true)).toBe('Yes');
	});

	test('only what the service has is shown', () => {
		expect(fieldsOf({ review_days: 1, records_notice: {} }).map(({ name }) => name)).toEqual(['review_days']);
	});
});

test('AGY 5 only what differs is sent, and the order of a set is no difference', () => {
	const before = { review_days: 365, needs_certificate: ['area', 'common'], training_days: { tool: 1, privacy: 2 } };
	expect(changes(before, { ...before, needs_certificate: ['common', 'area'] })).toEqual({});
	expect(changes(before, { ...before, training_days: { privacy: 2, tool: 1 }, review_days: 90 })).toEqual({
		review_days: 90,
	});
});
