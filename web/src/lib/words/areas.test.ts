import { expect, test } from 'vitest';
import { areaColour, areaLetter } from './areas';

test('QRY 5 every area has a letter of its own, and colors repeat after eight', () => {
	expect([0, 1, 25, 26, 27].map(areaLetter)).toEqual(['A', 'B', 'Z', 'AA', 'AB']);
	expect(areaColour(8)).toBe(areaColour(0));
});
