import { describe, expect, test } from 'vitest';
import { layOut, placeOf, scrollFor, seen, spotOf } from './window';

const metrics = { head: 30, line: 100, columns: 1 };

describe('a long list', () => {
	const layout = layOut(
		[
			{ count: 9_999, hasHead: true },
			{ count: 3, hasHead: true },
		],
		metrics,
	);

	test('is as high as its lines and heads', () => {
		expect(layout.height).toBe(30 + 999_900 + 30 + 300);
		expect(layout.blocks[1]!.top).toBe(999_930);
	});

	test('draws what is in sight and a few lines around it', () => {
		expect(seen(layout, 50_030, 51_030, 2)).toEqual([{ block: 0, first: 498, end: 512 }]);
		expect(seen(layout, 0, 1_000, 2)).toEqual([{ block: 0, first: 0, end: 12 }]);
	});

	test('draws the end of one section and the begin of the next', () => {
		expect(seen(layout, 999_730, 1_000_060, 0)).toEqual([
			{ block: 0, first: 9_997, end: 9_999 },
			{ block: 1, first: 0, end: 1 },
		]);
	});

	test('never draws more than fits', () => {
		for (let top = 0; top < layout.height; top += 7_919) {
			const drawn = seen(layout, top, top + 900, 3).reduce((sum, { first, end }) => sum + end - first, 0);
			expect(drawn).toBeLessThanOrEqual(17);
		}
	});

	test('finds a read by its place in the whole list', () => {
		expect(placeOf(layout, 9_998)).toEqual({ block: 0, at: 9_998 });
		expect(placeOf(layout, 9_999)).toEqual({ block: 1, at: 0 });
		expect(placeOf(layout, 20_000)).toBeNull();
		expect(spotOf(layout, 1, 2)).toEqual({ top: 999_930 + 30 + 200, height: 100 });
	});
});

test('photos side by side share a line, the last of which may be short', () => {
	const layout = layOut([{ count: 10, hasHead: false }], { head: 30, line: 120, columns: 4 });
	expect(layout.height).toBe(360);
	expect(seen(layout, 240, 360, 0)).toEqual([{ block: 0, first: 8, end: 10 }]);
	expect(spotOf(layout, 0, 9)).toEqual({ top: 240, height: 120 });
});

test('an empty list draws nothing', () => expect(seen(layOut([], metrics), 0, 900)).toEqual([]));

test('scrolling brings a read into sight by as little as possible', () => {
	expect(scrollFor({ top: 200, height: 100 }, 100, 900)).toBe(0);
	expect(scrollFor({ top: 50, height: 100 }, 100, 900)).toBe(-50);
	expect(scrollFor({ top: 850, height: 100 }, 100, 900)).toBe(50);
	expect(scrollFor({ top: 950, height: 1_000 }, 100, 900)).toBe(850);
});
