import { describe, expect, it } from 'vitest';
import type { LonLat } from './areas.svelte';
import { corridor } from './corridor';
import { crossesItself, isInside, lengthOf, metresBetween, Plane, size, type Metres } from './geometry';

const plane = new Plane([-140, 34]);
const line = (...points: Metres[]): LonLat[] => points.map((point) => plane.place(point));
/** Metres from a place to the nearest point of a line. */
function away(place: LonLat, along: LonLat[]): number {
	const [x, y] = plane.metres(place);
	const points = along.map((corner) => plane.metres(corner));
	return Math.min(
		...points.slice(1).map(([bx, by], index) => {
			const [ax, ay] = points[index]!;
			const length = (bx - ax) ** 2 + (by - ay) ** 2;
			const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length));
			return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
		}),
	);
}

describe('QRY 4 a corridor along a road', () => {
	it('is a rectangle with round ends for a straight line', () => {
		const along = line([0, 0], [1000, 0]);
		const [outline, ...holes] = corridor(along, 100);
		expect(holes).toEqual([]);
		expect(outline![0]).toEqual(outline!.at(-1));
		const expected = 1000 * 100 + Math.PI * 50 ** 2;
		expect(size([outline!]) / expected).toBeCloseTo(1, 2);
	});

	it('has its edge everywhere at half its width from the line', () => {
		const along = line([0, 0], [300, 40], [420, 300], [900, 280]);
		const [outline] = corridor(along, 100);
		for (const corner of outline!) {
			expect(away(corner, along)).toBeGreaterThan(49.6);
			expect(away(corner, along)).toBeLessThan(50.1);
		}
		expect(crossesItself(outline!)).toBe(false);
	});

	it.each([
		['a sharp turn', line([0, 0], [400, 0], [30, 90])],
		['a turn back over itself', line([0, 0], [400, 0], [100, 0])],
		['short steps around a bend', line([0, 0], [10, 2], [18, 8], [22, 18], [23, 30], [20, 60])],
		['straight steps', line([0, 0], [100, 0], [200, 0], [300, 0])],
		['a line that crosses itself', line([0, 0], [400, 0], [400, 300], [200, 300], [200, -300])],
		['a zigzag', line([0, 0], [60, 200], [90, 0], [140, 210], [170, 0])],
	])('has one clean outline for %s', (_, along) => {
		const [outline, ...holes] = corridor(along, 80);
		expect(crossesItself(outline!)).toBe(false);
		for (const ring of [outline!, ...holes]) {
			expect(crossesItself(ring)).toBe(false);
			for (const corner of ring) expect(away(corner, along)).toBeGreaterThan(39.5);
		}
		for (const corner of along) expect(isInside(corner, outline!)).toBe(true);
	});

	it('leaves out the ground that a loop goes around', () => {
		const along = line([0, 0], [600, 0], [600, 600], [0, 600], [0, 0]);
		const rings = corridor(along, 100);
		expect(rings).toHaveLength(2);
		expect(isInside(plane.place([300, 300]), rings[0]!)).toBe(true);
		expect(isInside(plane.place([300, 300]), rings[1]!)).toBe(true);
		expect(size([rings[1]!])).toBeCloseTo(500 * 500, -3);
	});

	it('is nothing for a line without length or width', () => {
		expect(corridor([], 100)).toEqual([]);
		expect(corridor(line([0, 0]), 100)).toEqual([]);
		expect(corridor(line([0, 0], [0, 0]), 100)).toEqual([]);
		expect(corridor(line([0, 0], [10, 0]), 0)).toEqual([]);
	});

	it('is made while a hand draws', () => {
		const along = line(...Array.from({ length: 60 }, (_, index): Metres => [index * 35, 120 * Math.sin(index / 3)]));
		// The best of some: other work on the machine is not measured.
		const times = Array.from({ length: 5 }, () => {
			const began = performance.now();
			expect(corridor(along, 100).length).toBeGreaterThan(0);
			return performance.now() - began;
		});
		expect(Math.min(...times)).toBeLessThan(1_000);
	});

	it('measures its line', () => {
		expect(lengthOf(line([0, 0], [300, 0], [300, 400]))).toBeCloseTo(700, 0);
		expect(metresBetween(...(line([0, 0], [300, 0]) as [LonLat, LonLat]))).toBeCloseTo(300, 1);
	});
});
