import { describe, expect, it } from 'vitest';
import type { LonLat } from './areas.svelte';
import {
	boundsOf,
	circle,
	CIRCLE_CORNERS,
	closed,
	crossesItself,
	holeFault,
	isInside,
	metresBetween,
	open,
	Plane,
	rectangle,
	size,
} from './geometry';

const HARBOR: LonLat = [-140, 34];

describe('the ground as a plane', () => {
	it('has the lengths of a degree on WGS 84', () => {
		expect(metresBetween([-140, 34], [-140, 35])).toBeCloseTo(110_931, -2);
		expect(metresBetween([-140, 34], [-139, 34])).toBeCloseTo(92_384, -2);
	});

	it('takes a place back from metres to the centimetre', () => {
		const plane = new Plane(HARBOR);
		const [lon, lat] = plane.place(plane.metres([-140.0123, 34.0456]));
		expect(lon).toBeCloseTo(-140.0123, 6);
		expect(lat).toBeCloseTo(34.0456, 6);
	});
});

describe('circles', () => {
	it('QRY 4 a circle is a closed polygon of 64 corners, each as far from its middle', () => {
		const ring = circle(HARBOR, 250);
		expect(ring).toHaveLength(CIRCLE_CORNERS + 1);
		expect(ring[0]).toEqual(ring.at(-1));
		for (const corner of ring) expect(metresBetween(HARBOR, corner)).toBeCloseTo(250, 0);
	});

	it('has nearly the size of a true circle', () => {
		expect(size([circle(HARBOR, 100)]) / (Math.PI * 100 ** 2)).toBeCloseTo(0.998, 2);
	});

	it('works where a degree of longitude is short', () => {
		for (const corner of circle([10, 80], 500)) expect(metresBetween([10, 80], corner)).toBeCloseTo(500, 0);
	});
});

describe('rings', () => {
	const square = rectangle([0, 0], [1, 1]);

	it('are opened and closed without loss', () => {
		expect(closed(open(square))).toEqual(square);
		expect(closed(square)).toBe(square);
	});

	it('are measured with their holes taken out', () => {
		const hole = rectangle([0.25, 0.25], [0.75, 0.75]);
		expect(size([square, hole]) / size([square])).toBeCloseTo(0.75, 2);
		expect(
			size([
				[
					[0, 0],
					[1, 1],
				],
			]),
		).toBe(0);
	});

	it('cross themselves when edges do', () => {
		expect(crossesItself(square)).toBe(false);
		expect(
			crossesItself([
				[0, 0],
				[1, 1],
				[1, 0],
				[0, 1],
				[0, 0],
			]),
		).toBe(true);
	});

	it('hold a place or do not', () => {
		expect(isInside([0.5, 0.5], square)).toBe(true);
		expect(isInside([1.5, 0.5], square)).toBe(false);
	});

	it('have bounds, and nothing has none', () => {
		expect(boundsOf(square)).toEqual([0, 0, 1, 1]);
		expect(boundsOf([])).toBeNull();
	});
});

describe('holes', () => {
	const outline = rectangle([0, 0], [10, 10]);
	const hole = rectangle([2, 2], [4, 4]);

	it('QRY 4 a hole inside its area is taken', () => {
		expect(holeFault(hole, [outline])).toBeNull();
		expect(holeFault(rectangle([5, 5], [6, 6]), [outline, hole])).toBeNull();
	});

	it('are refused outside, across the edge, over another hole, or crossing themselves', () => {
		expect(holeFault(rectangle([11, 11], [12, 12]), [outline])).toMatch(/inside its area/);
		expect(holeFault(rectangle([8, 8], [12, 9]), [outline])).toMatch(/inside its area/);
		expect(holeFault(rectangle([3, 3], [5, 5]), [outline, hole])).toMatch(/overlap/);
		expect(holeFault(rectangle([2.5, 2.5], [3, 3]), [outline, hole])).toMatch(/overlap/);
		expect(
			holeFault(
				[
					[1, 1],
					[2, 2],
					[2, 1],
					[1, 2],
					[1, 1],
				],
				[outline],
			),
		).toMatch(/crosses itself/);
	});
});
