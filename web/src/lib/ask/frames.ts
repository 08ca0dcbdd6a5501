/** Time frames: the quick ones, what a pair of wall times means in the agency's zone, and whether it may be asked. */
import { many } from '../words/numbers';
import type { Zone } from '../words/times';

export type Last = '1' | '7' | '30' | 'own';

/** Days back from now. */
export const LAST: readonly { value: Exclude<Last, 'own'>; label: string; days: number }[] = [
	{ value: '1', label: '24 hours', days: 1 },
	{ value: '7', label: '7 days', days: 7 },
	{ value: '30', label: '30 days', days: 30 },
];

export const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The service allows as much more than whole days: a form takes minutes, and clocks are set back. */
const TOLERANCE_MS = 3_600_000;

/** Wall times of the last days; the end is the coming minute, so that what was read just now is in it. */
export function lastDays(days: number, zone: Zone, now: number): WallFrame {
	const to = Math.ceil(now / MINUTE_MS) * MINUTE_MS;
	return wallFrame(to - days * DAY_MS, to, zone);
}

/** Two instants as the form writes them; the offset says which reading is meant where the clock shows a time twice. */
export function wallFrame(from: string | number, to: string | number, zone: Zone): WallFrame {
	const offset = (instant: string | number) =>
		zone.readings(zone.wall(instant)).length > 1 ? zone.parts(instant).offset : '';
	return { from: zone.wall(from), to: zone.wall(to), fromOffset: offset(from), toOffset: offset(to) };
}

/** The same time on the wall, so many days before. */
export const daysEarlier = (wall: string, days: number): string =>
	new Date(Date.parse(`${wall}Z`) - days * DAY_MS).toISOString().slice(0, 16);

export interface WallFrame {
	from: string;
	to: string;
	/** Offsets that were chosen where the clock shows a time twice. */
	fromOffset: string;
	toOffset: string;
}

export interface FrameFault {
	field: 'from' | 'to';
	/** A sentence. */
	text: string;
	/** The clock shows this time twice: both readings, earlier first. */
	readings?: string[];
}

export interface Frame {
	/** RFC 3339 with offset; null where it cannot be read. */
	from: string | null;
	to: string | null;
	milliseconds: number | null;
	faults: FrameFault[];
}

export interface FrameLimits {
	/** Longest span of the kind, in days. */
	longestDays: number | null;
	/** The reason's look-back, in days. */
	lookBackDays: number | null;
	/** The reason's name, for the sentence. */
	reason: string;
	/** The span is counted for each area by itself. */
	byArea?: boolean;
}

type Read = { instant: string } | { fault: FrameFault } | null;

function readEnd(field: 'from' | 'to', wall: string, offset: string, zone: Zone): Read {
	if (wall === '') return null;
	const readings = zone.readings(wall);
	const chosen = readings.find((reading) => reading.endsWith(offset) && offset !== '');
	if (readings.length === 1) return { instant: readings[0]! };
	if (chosen) return { instant: chosen };
	if (Number.isNaN(Date.parse(`${wall}Z`))) return { fault: { field, text: 'There is no such date.' } };
	if (readings.length === 0)
		return { fault: { field, text: 'On this day the clock jumps over this time. Choose one before or after.' } };
	return { fault: { field, text: 'On this day the clock shows this time twice. Which one is meant?', readings } };
}

/** Whole days, after the tolerance. */
const wholeDays = (milliseconds: number): number => Math.ceil(Math.max(0, milliseconds - TOLERANCE_MS) / DAY_MS);

/** Reads a frame and checks it as the service will; what is left empty is missing, not wrong. */
export function readFrame(wall: WallFrame, zone: Zone, now: number, limits: FrameLimits): Frame {
	const from = readEnd('from', wall.from, wall.fromOffset, zone);
	const to = readEnd('to', wall.to, wall.toOffset, zone);
	const faults: FrameFault[] = [];
	for (const end of [from, to]) if (end && 'fault' in end) faults.push(end.fault);
	const instants = [from, to].map((end) => (end && 'instant' in end ? end.instant : null));
	const [fromInstant, toInstant] = [instants[0] ?? null, instants[1] ?? null];
	if (fromInstant === null || toInstant === null)
		return { from: fromInstant, to: toInstant, milliseconds: null, faults };

	const [begins, ends] = [Date.parse(fromInstant), Date.parse(toInstant)];
	const milliseconds = ends - begins;
	if (milliseconds <= 0) faults.push({ field: 'to', text: 'The end must be after the beginning.' });
	else if (begins > now)
		faults.push({ field: 'from', text: 'This time frame lies in the future: nothing has been read yet.' });
	const { longestDays, lookBackDays, reason, byArea = false } = limits;
	const looked = wholeDays(Math.min(ends, now) - begins);
	if (!byArea && longestDays !== null && looked > longestDays)
		faults.push({
			field: 'from',
			text: `This kind of question reaches over at most ${many(longestDays, 'day')}; this is ${many(looked, 'day')}.`,
		});
	if (lookBackDays !== null && wholeDays(now - begins) > lookBackDays)
		faults.push({
			field: 'from',
			text: `${reason || 'This reason'} reaches back at most ${many(lookBackDays, 'day')}: begin on ${zone.parts(now - lookBackDays * DAY_MS).date} or later.`,
		});
	return { from: fromInstant, to: toInstant, milliseconds, faults };
}

/** `7 days`, `3 hours`, `45 minutes`, `1 day 4 hours`. */
export function lengthOf(milliseconds: number): string {
	const minutes = Math.round(milliseconds / MINUTE_MS);
	const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
	const parts = [days && many(days, 'day'), hours && many(hours, 'hour'), rest && !days && many(rest, 'minute')];
	return parts.filter(Boolean).join(' ') || 'no time at all';
}

/** `May 3 to May 10`, with times where they are not midnight and years where they are not this one. */
export function frameWords(wall: { from: string; to: string }, now: string): string {
	const year = now.slice(0, 4);
	const isWholeDays = wall.from.endsWith('T00:00') && wall.to.endsWith('T00:00');
	const word = (end: string) => {
		if (end === '') return '…';
		const date = new Date(`${end}Z`);
		const day = date.toLocaleDateString('en-US', {
			timeZone: 'UTC',
			month: 'short',
			day: 'numeric',
			...(end.slice(0, 4) === year ? {} : { year: 'numeric' }),
		});
		return isWholeDays ? day : `${day} ${end.slice(11, 16)}`;
	};
	return `${word(wall.from)} to ${word(wall.to)}`;
}
