/** The time of the reads as bars: bins that begin at round times on the agency's clock, also where that clock jumps. */
import type { Zone } from '../words/times';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** The first Monday of 1970. */
const MONDAY = 4 * DAY;

/** Widths of bins and distances of labels that a person reads easily. */
const STEPS = [
	MINUTE,
	2 * MINUTE,
	5 * MINUTE,
	10 * MINUTE,
	15 * MINUTE,
	30 * MINUTE,
	HOUR,
	2 * HOUR,
	3 * HOUR,
	6 * HOUR,
	12 * HOUR,
	DAY,
	2 * DAY,
	7 * DAY,
	14 * DAY,
	28 * DAY,
	91 * DAY,
];

/** The smallest step of which at most `most` cover the frame. */
export function stepFor(frame: Frame, most: number): number {
	const length = frame.until - frame.from;
	return STEPS.find((step) => length / step <= most) ?? STEPS.at(-1)!;
}

/** Milliseconds; until is not inside. */
export interface Frame {
	from: number;
	until: number;
}

/** Minutes from UTC of an offset such as `-09:00`. */
function minutesOf(offset: string): number {
	const [hours = 0, minutes = 0] = offset.slice(1).split(':').map(Number);
	return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

const offsetAt = (zone: Zone, instant: number): number => minutesOf(zone.parts(instant).offset) * MINUTE;

/**
 * The instants between two, both left out, at which the agency's clock shows a multiple of the step, counted from
 * midnight, weeks from Monday. Where the clock jumps, what it jumps over is left out and
 * what it shows twice is taken once.
 */
export function roundTimes(zone: Zone, frame: Frame, step: number): number[] {
	const found: number[] = [];
	// The wall clock as if it were UTC: multiples of the step are round on it.
	const phase = step % WEEK === 0 ? MONDAY : 0;
	const first = Math.floor((frame.from + offsetAt(zone, frame.from) - phase) / step) * step + phase;
	const last = frame.until + offsetAt(zone, frame.until);
	// Offsets change rarely: asked for once a day of the frame, and anew only where the ends of the day differ.
	const dayOffsets = new Map<number, number>();
	const offsetOn = (day: number) => {
		const known = dayOffsets.get(day);
		if (known !== undefined) return known;
		const offset = offsetAt(zone, day * DAY);
		dayOffsets.set(day, offset);
		return offset;
	};
	for (let wall = first; wall <= last + step; wall += step) {
		const day = Math.floor(wall / DAY);
		const [before, after] = [offsetOn(day - 1), offsetOn(day + 2)];
		let instant = wall - before;
		if (before !== after && offsetAt(zone, instant) !== before) {
			instant = wall - after;
			if (offsetAt(zone, instant) !== after) continue;
		}
		if (instant > frame.from && instant < frame.until && instant > (found.at(-1) ?? -Infinity)) found.push(instant);
	}
	return found;
}

/** Bounds of bins: the frame's ends, and the round times between. */
export function bounds(zone: Zone, frame: Frame, step: number): number[] {
	return [frame.from, ...roundTimes(zone, frame, step), frame.until];
}

/** The bin that holds an instant; -1 outside. */
export function binOf(edges: readonly number[], instant: number): number {
	if (edges.length < 2 || instant < edges[0]! || instant >= edges.at(-1)!) return -1;
	let [low, high] = [0, edges.length - 1];
	while (high - low > 1) {
		const middle = (low + high) >> 1;
		if (edges[middle]! <= instant) low = middle;
		else high = middle;
	}
	return low;
}

/** How many of the instants are in each bin. */
export function countIn(edges: readonly number[], instants: Iterable<number>): number[] {
	const counts = Array.from({ length: Math.max(0, edges.length - 1) }, () => 0);
	for (const instant of instants) {
		const bin = binOf(edges, instant);
		if (bin >= 0) counts[bin]!++;
	}
	return counts;
}

export interface Tick {
	instant: number;
	label: string;
	/** A new day begins, or labels are days anyway. */
	isDay: boolean;
}

/** Labels at least `apart` pixels from each other on an axis of so many pixels. */
export function ticks(zone: Zone, frame: Frame, pixels: number, apart: number): Tick[] {
	const step = stepFor(frame, Math.max(1, pixels / apart));
	return roundTimes(zone, frame, step).map((instant) => {
		const { time } = zone.parts(instant);
		const isDay = time.startsWith('00:00');
		return { instant, label: isDay || step >= DAY ? zone.day(instant) : time.slice(0, 5), isDay };
	});
}
