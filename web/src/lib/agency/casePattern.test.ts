import { expect, test } from 'vitest';
import { example, fits, inWords } from './casePattern';

test('WHY 3 an example of a pattern fits it', () => {
	expect(example('HF-9999-9999')).toBe('HF-1234-5678');
	for (const pattern of ['HF-9999-9999', 'PL-99-*', 'AA.99', 'C(9)+', '2026/9'])
		expect(fits(pattern, example(pattern)), pattern).toBe(true);
});

test('WHY 3 a reference fits as a whole, whatever its case', () => {
	expect(fits('HF-9999', 'hf-0113')).toBe(true);
	expect(fits('HF-9999', 'HF-01134')).toBe(false);
	expect(fits('HF-9999', 'XHF-0113')).toBe(false);
	expect(fits('PL-*', 'PL-')).toBe(false);
	expect(fits('A.9', 'KX9')).toBe(false);
});

test('a pattern is said in words', () => {
	expect(inWords('HF-9999-A*')).toBe('“HF-”, 4 digits, “-”, one letter, one or more letters or digits');
});
