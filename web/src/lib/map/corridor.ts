/**
 * The ground within a distance of a line, as one outline with round ends and joins.
 *
 * Each stretch of the line has a capsule around it. The outline is what of the capsules' edges lies in no other capsule:
 * a line that comes back to itself gets a clean outline, with holes where it goes around something.
 */
import type { LonLat } from './areas.svelte';
import { boundsOf, closed, Plane, type Bounds, type Metres } from './geometry';

/** Corners of a full round; the edge is at most 0.5 % of the width inside of it. */
const ROUND_CORNERS = 32;
/** A line with more corners is not drawn by hand. */
export const LINE_CORNERS_MAX = 200;
/** Places nearer than this, in metres, are one. */
const NEAR = 1e-3;
/** Holes smaller than this many square metres come of rounding. */
const SPECK = 0.5;

type Edge = [Metres, Metres];

/** A shape that may cover a part of another one's edge. */
interface Near {
	edges: Edge[];
	box: Bounds;
	isEarlier: boolean;
}

/** GeoJSON rings, the outline first; empty for a line without length. `width` is the whole of it, in metres. */
export function corridor(line: LonLat[], width: number): LonLat[][] {
	const bounds = boundsOf(line);
	if (!bounds || !(width > 0)) return [];
	const plane = new Plane([(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2]);
	const points: Metres[] = [];
	for (const corner of line.slice(0, LINE_CORNERS_MAX)) {
		const point = plane.metres(corner);
		if (!points.length || distance(points.at(-1)!, point) > NEAR) points.push(point);
	}
	const capsules = points.slice(1).map((point, index) => capsule(points[index]!, point, width / 2));
	const rings = joined(outerEdges(capsules)).filter((ring) => Math.abs(size(ring)) > SPECK);
	// The outline turns left around the ground and is the largest; holes turn right.
	rings.sort((a, b) => size(b) - size(a));
	return rings
		.filter((ring, index) => index === 0 || size(ring) < 0)
		.map((ring) => closed(ring.map((point) => plane.place(point))));
}

const distance = (a: Metres, b: Metres): number => Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2);

function size(ring: Metres[]): number {
	let twice = 0;
	ring.forEach(([x, y], index) => {
		const [nextX, nextY] = ring[(index + 1) % ring.length]!;
		twice += x * nextY - nextX * y;
	});
	return twice / 2;
}

/** A convex ring, turning left. Round corners lie at the same angles in every capsule, so that joins fit together. */
function capsule(from: Metres, to: Metres, radius: number): Metres[] {
	const ahead = Math.atan2(to[1] - from[1], to[0] - from[0]);
	const arc = (around: Metres, start: number): Metres[] => {
		const end = start + Math.PI;
		const step = (2 * Math.PI) / ROUND_CORNERS;
		const angles = [start];
		for (let count = Math.floor(start / step + 1e-9) + 1; count * step < end - 1e-9; count++) angles.push(count * step);
		angles.push(end);
		return angles.map((angle) => [around[0] + radius * Math.cos(angle), around[1] + radius * Math.sin(angle)]);
	};
	return [...arc(to, ahead - Math.PI / 2), ...arc(from, ahead + Math.PI / 2)];
}

function edgesOf(ring: Metres[]): Edge[] {
	return ring.map((point, index) => [point, ring[(index + 1) % ring.length]!]);
}

/** How far to the left of an edge a point lies, in metres. */
function leftOf([a, b]: Edge, [x, y]: Metres): number {
	return ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / (distance(a, b) || 1);
}

/** The parts of the edges that bound the ground that all the shapes cover together. */
function outerEdges(shapes: Metres[][]): Edge[] {
	const all = shapes.map((ring) => ({ edges: edgesOf(ring), box: boundsOf(ring)! }));
	const result: Edge[] = [];
	all.forEach((shape, index) => {
		const near = all
			.map((other, place) => ({ ...other, isEarlier: place < index }))
			.filter(({ box }, place) => place !== index && meets(shape.box, box));
		for (const edge of shape.edges) {
			const cuts: number[] = [];
			for (const other of near) {
				for (const across of other.edges) if (mayMeet(edge, across)) cuts.push(...cutsOf(edge, across));
			}
			for (const part of parts(edge, cuts)) {
				const middle: Metres = [(part[0][0] + part[1][0]) / 2, (part[0][1] + part[1][1]) / 2];
				if (!near.some((other) => covers(other, part, middle))) result.push(part);
			}
		}
	});
	return result;
}

const meets = (a: number[], b: number[]): boolean =>
	a[0]! <= b[2]! + NEAR && b[0]! <= a[2]! + NEAR && a[1]! <= b[3]! + NEAR && b[1]! <= a[3]! + NEAR;

/** Most edges are far from each other; this is the cheap way to know. */
const mayMeet = ([a, b]: Edge, [c, d]: Edge): boolean =>
	Math.min(a[0], b[0]) <= Math.max(c[0], d[0]) + NEAR &&
	Math.min(c[0], d[0]) <= Math.max(a[0], b[0]) + NEAR &&
	Math.min(a[1], b[1]) <= Math.max(c[1], d[1]) + NEAR &&
	Math.min(c[1], d[1]) <= Math.max(a[1], b[1]) + NEAR;

/** Whether a part of an edge is inside another shape, or lies on its edge and the other shape keeps it. */
function covers({ edges, box, isEarlier }: Near, part: Edge, middle: Metres): boolean {
	if (middle[0] < box[0] - NEAR || middle[0] > box[2] + NEAR) return false;
	if (middle[1] < box[1] - NEAR || middle[1] > box[3] + NEAR) return false;
	let onEdge: Edge | null = null;
	for (const edge of edges) {
		const left = leftOf(edge, middle);
		if (left < -NEAR) return false;
		if (left < NEAR) onEdge = edge;
	}
	if (!onEdge) return true;
	const sameWay =
		(onEdge[1][0] - onEdge[0][0]) * (part[1][0] - part[0][0]) +
			(onEdge[1][1] - onEdge[0][1]) * (part[1][1] - part[0][1]) >
		0;
	return sameWay ? isEarlier : true;
}

/** Where, from 0 to 1, an edge is met by another one. */
function cutsOf(edge: Edge, across: Edge): number[] {
	const [a, b] = edge;
	const [c, d] = across;
	const along: Metres = [b[0] - a[0], b[1] - a[1]];
	const other: Metres = [d[0] - c[0], d[1] - c[1]];
	const turn = along[0] * other[1] - along[1] * other[0];
	const on = ([x, y]: Metres) => ((x - a[0]) * along[0] + (y - a[1]) * along[1]) / (along[0] ** 2 + along[1] ** 2);
	const ends = [c, d].filter((point) => Math.abs(leftOf(edge, point)) < NEAR).map(on);
	if (Math.abs(turn) < 1e-9) return ends;
	const at = ((c[0] - a[0]) * other[1] - (c[1] - a[1]) * other[0]) / turn;
	const there = ((c[0] - a[0]) * along[1] - (c[1] - a[1]) * along[0]) / turn;
	return there > -1e-9 && there < 1 + 1e-9 ? [...ends, at] : ends;
}

function parts([a, b]: Edge, cuts: number[]): Edge[] {
	const at = (share: number): Metres => [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
	const shares = [0, ...cuts.filter((cut) => cut > 0 && cut < 1).sort((x, y) => x - y), 1];
	const places = shares.map(at).filter((place, index, all) => index === 0 || distance(place, all[index - 1]!) > NEAR);
	return places.slice(1).map((place, index) => [places[index]!, place]);
}

/** Edges one after another as rings. */
function joined(edges: Edge[]): Metres[][] {
	const cell = ([x, y]: Metres): [number, number] => [Math.round(x / (4 * NEAR)), Math.round(y / (4 * NEAR))];
	const from = new Map<string, Edge[]>();
	for (const edge of edges) {
		const key = cell(edge[0]).join();
		from.set(key, [...(from.get(key) ?? []), edge]);
	}
	/** The next edge that begins at a place, allowing for rounding into a neighbouring cell. */
	const take = (place: Metres): Edge | null => {
		const [x, y] = cell(place);
		for (const [dx, dy] of AROUND) {
			const key = `${x + dx},${y + dy}`;
			const edge = from.get(key)?.pop();
			if (edge) return edge;
		}
		return null;
	};
	const rings: Metres[][] = [];
	for (const list of from.values()) {
		for (let edge = list.pop(); edge; edge = list.pop()) {
			const ring: Metres[] = [edge[0]];
			let end = edge[1];
			for (let next = take(end); next; next = take(end)) {
				ring.push(next[0]);
				end = next[1];
			}
			if (ring.length > 2) rings.push(ring);
		}
	}
	return rings;
}

const AROUND = [0, 1, -1].flatMap((dx) => [0, 1, -1].map((dy) => [dx, dy] as const));
