import { expect, test } from 'vitest';
import { FIT, kept, zoomed } from './zoom';

const stage = { width: 800, height: 600 };

test('the point under the finger stays there', () => {
	const at = { x: 100, y: -50 };
	const once = zoomed(FIT, 2, at, stage);
	expect(once).toEqual({ scale: 2, x: -100, y: 50 });
	expect(zoomed(once, 0.5, at, stage)).toEqual({ scale: 1, x: 0, y: 0 });
});

test('a photo is never smaller than its stage nor pulled off it', () => {
	expect(zoomed(FIT, 0.1, { x: 300, y: 0 }, stage).scale).toBe(1);
	expect(kept({ scale: 2, x: 9_999, y: -9_999 }, stage)).toEqual({ scale: 2, x: 400, y: -300 });
	expect(zoomed(FIT, 1_000, { x: 0, y: 0 }, stage).scale).toBe(16);
});
