import { describe, expect, it } from 'vitest';
import { crossing, size, unrolled } from './geometry';
import type { LonLat } from './areas.svelte';
import measured from './measured.json';

/** As PostGIS measures them, edges cut into pieces; a test of crates/domain compares the service with the same file. */
const MEASURED = measured as { name: string; rings: LonLat[][]; squareMetres: number }[];

describe('sizes', () => {
	it('LIM 2 are those of the ellipsoid: an eighth of the earth', () => {
		const octant: LonLat[] = [
			[0, 0],
			[90, 0],
			[90, 90],
			[0, 90],
		];
		expect(size([octant]) / (510_065_621.724e6 / 8)).toBeCloseTo(1, 9);
	});

	it.each(MEASURED)('LIM 2 are what the service measures: $name', ({ rings, squareMetres }) => {
		expect(Math.abs(size(rings) / squareMetres - 1)).toBeLessThan(1e-6);
	});

	it('QRY 4 do not depend on how longitudes across the 180th meridian are written', () => {
		const jumping: LonLat[] = [
			[179, 0],
			[-179, 0],
			[-179, 1],
			[179, 1],
		];
		const going: LonLat[] = [
			[179, 0],
			[181, 0],
			[181, 1],
			[179, 1],
		];
		expect(unrolled([jumping])).toEqual([going]);
		expect(size([jumping])).toBe(size([going]));
		expect(
			size([jumping]) /
				size([
					[
						[0, 0],
						[2, 0],
						[2, 1],
						[0, 1],
					],
				]),
		).toBeCloseTo(1, 10);
	});
});

describe('outlines', () => {
	it('LIM 2 that cross or touch themselves are found with the place, as the service finds them', () => {
		expect(
			crossing([
				[0, 0],
				[1, 1],
				[1, 0],
				[0, 1],
				[0, 0],
			]),
		).toEqual([0.5, 0.5]);
		expect(
			crossing([
				[0, 0],
				[1, 0],
				[1, 1],
				[0.5, 0],
				[0, 1],
			]),
		).toEqual([0.5, 0]);
		expect(
			crossing([
				[0, 0],
				[1, 0],
				[0.5, 0],
				[0.5, 1],
			]),
		).toEqual([0.5, 0]);
		expect(
			crossing([
				[0, 0],
				[0.5, 0.5],
				[1, 0],
				[1, 1],
				[0.5, 0.5],
				[0, 0.9],
			]),
		).toEqual([0.5, 0.5]);
		expect(
			crossing([
				[0, 0],
				[1, 0],
				[1, 1],
				[0, 1],
				[0, 0],
			]),
		).toBeNull();
		expect(
			crossing([
				[179, 0],
				[-179, 0],
				[-179, 1],
				[179, 1],
			]),
		).toBeNull();
	});
});
