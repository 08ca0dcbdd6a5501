import { expect, test } from 'vitest';
import { counted, many, metres, sentence, squareMetres } from './numbers';

test('LIM 1 a count is said exactly, or as at least', () => {
	expect(counted({ exactly: 8 })).toBe('8 reads');
	expect(counted({ exactly: 1 })).toBe('1 read');
	expect(counted({ at_least: 10_000 })).toBe('At least 10,000 reads');
});

test('sizes are said in the unit that fits', () => {
	expect([3, 3_400, 520_000, 25_000_000].map(squareMetres)).toEqual(['3 m²', '3,400 m²', '0.52 km²', '25 km²']);
	expect([40, 1_234].map(metres)).toEqual(['40 m', '1.23 km']);
});

test('words take the plural that they have', () => {
	expect(many(2, 'agency', 'agencies')).toBe('2 agencies');
});

test('a sentence has a capital letter and one full stop', () => {
	expect([sentence('the body is too large'), sentence('Log in.'), sentence('')]).toEqual([
		'The body is too large.',
		'Log in.',
		'',
	]);
});
