/**
 * Sizes on the WGS 84 ellipsoid of figures whose edges are straight in longitude and latitude: what the service measures
 * (crates/domain/src/area/size.rs), by the same integral, so that the size does not change when the service has measured.
 */
import type { LonLat } from './areas.svelte';

/** Semi-major axis in metres, and flattening. */
const AXIS = 6_378_137;
const FLATTENING = 1 / 298.257_223_563;
const ECCENTRICITY_SQUARED = FLATTENING * (2 - FLATTENING);
/** Radians of latitude that an edge is evaluated over at once. */
const PIECE_RADIANS = 0.05;
const RADIANS = Math.PI / 180;

/** Gauss and Legendre's points between 0 and 1 with their weights. */
const THREE = [
	[0.112_701_665_379_258, 5 / 18],
	[0.5, 4 / 9],
	[0.887_298_334_620_742, 5 / 18],
] as const;
const FOUR = [
	[0.069_431_844_202_974, 0.173_927_422_568_727],
	[0.330_009_478_207_572, 0.326_072_577_431_273],
	[0.669_990_521_792_428, 0.326_072_577_431_273],
	[0.930_568_155_797_026, 0.173_927_422_568_727],
] as const;

/** Square metres over a radian of longitude, between a parallel and one this many degrees north of it. */
function zone(north: number, latitude: number): number {
	const rise = 2 * Math.cos((latitude + north / 2) * RADIANS) * Math.sin((north / 2) * RADIANS);
	const from = Math.sin(latitude * RADIANS);
	let mean = 0;
	for (const [place, weight] of FOUR) mean += weight / (1 - ECCENTRICITY_SQUARED * (from + place * rise) ** 2) ** 2;
	return AXIS * AXIS * (1 - ECCENTRICITY_SQUARED) * rise * mean;
}

/** Square metres inside a ring, closed or not, whichever way round it goes. Longitudes do not jump. */
export function ringSize(ring: readonly LonLat[]): number {
	const latitude = ring[0]?.[1] ?? 0;
	let sum = 0;
	ring.forEach(([lon, lat], index) => {
		const [nextLon, nextLat] = ring[(index + 1) % ring.length]!;
		// To whole units first, as the service keeps corners: differences then lose no digits.
		const east = Math.round((nextLon - lon) * 1e7) / 1e7;
		if (east === 0) return;
		const pieces = Math.max(1, Math.ceil((Math.abs(nextLat - lat) * RADIANS) / PIECE_RADIANS));
		let mean = 0;
		for (let piece = 0; piece < pieces; piece++)
			for (const [place, weight] of THREE)
				mean += weight * zone(lat - latitude + (nextLat - lat) * ((piece + place) / pieces), latitude);
		sum += (east * mean) / pieces;
	});
	return Math.abs(sum * RADIANS);
}
