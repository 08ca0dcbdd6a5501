import { describe, expect, test } from 'vitest';
import { accepts, characters, examples, fits, readPattern } from './pattern';

const one = (text: string) => readPattern(text, 'pattern', 'one');
const any = (text: string) => readPattern(text, 'pattern', 'any');

describe('QRY 2 a partial plate is read as the service reads it', () => {
	test('where the star is one character, AB*123 is six characters of which five are known', () => {
		expect(accepts(one('AB*123'))).toBe('AB, then one character, then 123: exactly 6 characters, 5 known');
		expect(fits(one('AB*123'), 'ABC123')).toBe(true);
		expect(fits(one('XY*7*9'), 'XYZ789')).toBe(true);
		expect(fits(one('AB*123'), 'AB123')).toBe(false);
		expect(fits(one('AB*123'), 'ABCC123')).toBe(false);
	});

	test('where the star is any run, it also stands for nothing', () => {
		expect(accepts(any('AB*12?'))).toBe(
			'AB, then any characters or none, then 12, then one character: 5 characters or more, 4 known',
		);
		for (const plate of ['AB123', 'ABC123', 'ABCCC123']) expect(fits(any('AB*123'), plate), plate).toBe(true);
		expect(fits(any('AB?123'), 'AB123')).toBe(false);
		expect(fits(any('*7Q*'), '7Q') && fits(any('*7Q*'), '17Q7')).toBe(true);
	});

	test('several stars that are any run are one, and wildcards in a row are counted together', () => {
		expect(any('A**B').tokens).toHaveLength(3);
		expect(accepts(one('A??B'))).toBe('A, then 2 characters, then B: exactly 4 characters, 2 known');
	});
});

test('LIM 5 known characters are those that were typed, look-alikes or not', () => {
	expect(any('O*0?').known).toBe(2);
	expect(any('').known).toBe(0);
});

test('QRY 1 spaces, hyphens and case do not count, and wide letters are plain ones', () => {
	expect(characters(' abc-12 3 ').join('')).toBe('ABC123');
	expect(characters('ＡＢＣ１２３').join('')).toBe('ABC123');
	expect(readPattern('粤B·12345', 'one', 'any').fault).toBeNull();
	expect(accepts(readPattern('7kxm 204', 'one', 'any'))).toBe('7KXM204: exactly 7 characters, all known');
});

test('what is not part of a plate is named', () => {
	expect(one('AB%').fault).toBe('“%” is not part of a plate: letters and digits, * and ? only');
	expect(readPattern('AB*', 'one', 'any').fault).toBe('A full plate has no * or ?');
	expect(readPattern('A'.repeat(17), 'one', 'any').fault).toBe('A plate has at most 16 characters');
	expect(one('?'.repeat(33)).fault).toBe('A pattern has at most 32 characters');
});

test('examples are right for both meanings of the star', () => {
	for (const pattern of [one('7AB*12?'), any('7AB*12?'), any('*7Q*'), one('?82K?R'), any('A*')]) {
		const { fit, miss } = examples(pattern);
		expect(fit.length).toBeGreaterThan(0);
		for (const plate of fit) expect(fits(pattern, plate), plate).toBe(true);
		for (const plate of miss) expect(fits(pattern, plate), plate).toBe(false);
	}
	expect(examples(one('ABC'))).toEqual({ fit: [], miss: [] });
});
