/** Shapes on the ground. */
import type { LonLat } from './areas.svelte';
import { ringSize } from './size';

/** Metres east and north of a plane's middle. */
export type Metres = [number, number];
/** West, south, east, north. */
export type Bounds = [number, number, number, number];

/** Corners of a circle that has become a polygon: its edge is at most 0.12 % inside the circle. */
export const CIRCLE_CORNERS = 64;

/** The ground around a place as a plane, by the lengths of a degree there on WGS 84. */
export class Plane {
	readonly #lon: number;
	readonly #lat: number;
	readonly #perLon: number;
	readonly #perLat: number;

	constructor([lon, lat]: LonLat) {
		const angle = radians(lat);
		this.#lon = lon;
		this.#lat = lat;
		this.#perLon = 111_412.84 * Math.cos(angle) - 93.5 * Math.cos(3 * angle);
		this.#perLat = 111_132.92 - 559.82 * Math.cos(2 * angle) + 1.175 * Math.cos(4 * angle);
	}

	metres([lon, lat]: LonLat): Metres {
		return [(lon - this.#lon) * this.#perLon, (lat - this.#lat) * this.#perLat];
	}

	place([x, y]: Metres): LonLat {
		return rounded([this.#lon + x / this.#perLon, this.#lat + y / this.#perLat]);
	}
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** To 1e-7 degree, about a centimetre, as the service keeps places. */
export const rounded = ([lon, lat]: LonLat): LonLat => [Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7];

const same = (a: LonLat | undefined, b: LonLat | undefined): boolean => a?.[0] === b?.[0] && a?.[1] === b?.[1];

/** Without the repeated last corner. */
export const open = (ring: LonLat[]): LonLat[] =>
	ring.length > 1 && same(ring[0], ring.at(-1)) ? ring.slice(0, -1) : ring;

/** With the first corner again at the end, as GeoJSON writes rings. */
export const closed = (ring: LonLat[]): LonLat[] =>
	ring.length > 0 && !same(ring[0], ring.at(-1)) ? [...ring, ring[0]!] : ring;

export function metresBetween(a: LonLat, b: LonLat): number {
	const [x, y] = new Plane([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]).metres(a);
	return 2 * Math.hypot(x, y);
}

export function lengthOf(line: LonLat[]): number {
	let sum = 0;
	line.forEach((corner, index) => index > 0 && (sum += metresBetween(line[index - 1]!, corner)));
	return sum;
}

/** A closed ring around a place. */
export function circle(centre: LonLat, radius: number): LonLat[] {
	const plane = new Plane(centre);
	const ring = Array.from({ length: CIRCLE_CORNERS }, (_, index) => {
		const angle = (index / CIRCLE_CORNERS) * 2 * Math.PI;
		return plane.place([radius * Math.sin(angle), radius * Math.cos(angle)]);
	});
	return closed(ring.reverse());
}

/** A closed ring from two opposite corners. */
export function rectangle([west, south]: LonLat, [east, north]: LonLat): LonLat[] {
	return closed([
		[west, south],
		[east, south],
		[east, north],
		[west, north],
	]);
}

/** Without a jump at the 180th meridian: an edge takes the shorter way round, as the service has it. */
export function unrolled(rings: LonLat[][]): LonLat[][] {
	const jumps = (ring: LonLat[]) =>
		ring.some(([lon], index) => Math.abs(lon - ring[(index + 1) % ring.length]![0]) > 180);
	if (!rings.some(jumps)) return rings;
	return rings.map((ring) => ring.map(([lon, lat]) => (lon < 0 ? rounded([lon + 360, lat]) : [lon, lat])));
}

/** Square metres as the service measures them, holes taken out. */
export function size(rings: LonLat[][]): number {
	const [outline = [], ...holes] = unrolled(rings);
	if (outline.length < 3) return 0;
	return ringSize(outline) - holes.reduce((sum, hole) => sum + ringSize(hole), 0);
}

/** Null where there is nothing to hold. */
export function boundsOf(places: Iterable<LonLat>): Bounds | null {
	const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
	for (const [lon, lat] of places) {
		bounds[0] = Math.min(bounds[0], lon);
		bounds[1] = Math.min(bounds[1], lat);
		bounds[2] = Math.max(bounds[2], lon);
		bounds[3] = Math.max(bounds[3], lat);
	}
	return bounds[0] === Infinity ? null : bounds;
}

export function isInside([lon, lat]: LonLat, ring: LonLat[]): boolean {
	let inside = false;
	const corners = open(ring);
	corners.forEach(([x, y], index) => {
		const [nextX, nextY] = corners[(index + 1) % corners.length]!;
		if (y > lat !== nextY > lat && lon < ((nextX - x) * (lat - y)) / (nextY - y) + x) inside = !inside;
	});
	return inside;
}

/** Twice the signed area of a triangle. */
const area = (a: LonLat, b: LonLat, c: LonLat): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

const turn = (a: LonLat, b: LonLat, c: LonLat): number => Math.sign(area(a, b, c));

const cross = (a: LonLat, b: LonLat, c: LonLat, d: LonLat): boolean =>
	turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

function* edges(ring: LonLat[]): Generator<[LonLat, LonLat]> {
	const corners = open(ring);
	for (let index = 0; index < corners.length; index++) yield [corners[index]!, corners[(index + 1) % corners.length]!];
}

const whole = ([lon, lat]: LonLat): LonLat => [Math.round(lon * 1e7), Math.round(lat * 1e7)];

const between = (a: LonLat, b: LonLat, c: LonLat): boolean =>
	turn(a, b, c) === 0 &&
	Math.min(a[0], b[0]) <= c[0] &&
	c[0] <= Math.max(a[0], b[0]) &&
	Math.min(a[1], b[1]) <= c[1] &&
	c[1] <= Math.max(a[1], b[1]);

/**
 * Where a ring crosses or touches itself, which the service refuses; null where it does not. Rings with more corners than
 * {@link CROSSING_CORNERS_MAX} are left to the service.
 */
export function crossing(ring: LonLat[]): LonLat | null {
	const corners = open(unrolled([ring])[0]!.map(whole)).filter((corner, index, all) => !same(corner, all[index - 1]));
	const count = corners.length;
	if (count < 3 || count > CROSSING_CORNERS_MAX) return null;
	const degrees = ([x, y]: LonLat): LonLat => [x / 1e7, y / 1e7];
	for (let first = 0; first < count; first++) {
		const [a, b] = [corners[first]!, corners[(first + 1) % count]!];
		if (between(a, b, corners[(first + 2) % count]!)) return degrees(corners[(first + 2) % count]!);
		if (between(a, b, corners[(first + count - 1) % count]!)) return degrees(corners[(first + count - 1) % count]!);
		for (let second = first + 2; second < count; second++) {
			if (first === 0 && second === count - 1) continue;
			const [c, d] = [corners[second]!, corners[(second + 1) % count]!];
			if (cross(a, b, c, d)) {
				const [from, to] = [area(a, b, c), area(a, b, d)];
				const share = from / (from - to);
				return degrees([c[0] + share * (d[0] - c[0]), c[1] + share * (d[1] - c[1])]);
			}
			if (between(a, b, c) || between(a, b, d)) return degrees(between(a, b, c) ? c : d);
			if (between(c, d, a) || between(c, d, b)) return degrees(between(c, d, a) ? a : b);
		}
	}
	return null;
}
const CROSSING_CORNERS_MAX = 2_000;

export const crossesItself = (ring: LonLat[]): boolean => crossing(ring) !== null;

/** What is wrong with a hole, as a sentence; null where it lies well in the outline and apart from the other holes. */
export function holeFault(hole: LonLat[], [outline = [], ...holes]: LonLat[][]): string | null {
	const touches = (ring: LonLat[]) =>
		[...edges(hole)].some(([a, b]) => [...edges(ring)].some(([c, d]) => cross(a, b, c, d)));
	if (crossesItself(hole)) return 'The outline of this hole crosses itself';
	if (touches(outline) || !open(hole).every((corner) => isInside(corner, outline)))
		return 'A hole must lie inside its area';
	const overlaps = (other: LonLat[]) => touches(other) || isInside(hole[0]!, other) || isInside(other[0]!, hole);
	return holes.some(overlaps) ? 'This hole would overlap another one' : null;
}
