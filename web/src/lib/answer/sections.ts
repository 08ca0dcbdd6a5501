/** In which order the reads of an answer are shown, and under which heads. */
import type { Row } from './answer.svelte';

export type SortKey = 'time' | 'plate' | 'state' | 'camera' | 'vehicle' | 'confidence' | 'match';

export interface Sort {
	key: SortKey;
	isDescending: boolean;
}

/** Newest first, as the service answers. */
export const NEWEST_FIRST: Sort = { key: 'time', isDescending: true };

export type SectionKey = 'stops' | 'exact' | 'unverified' | 'unknown-state' | 'look-alike' | 'alternative';

export interface Section {
	key: SectionKey;
	/** Empty where a head would say nothing new. */
	title: string;
	about: string;
	rows: Row[];
}

const SECTIONS: Omit<Section, 'rows'>[] = [
	{ key: 'exact', title: 'As read', about: 'Plate and state as asked for' },
	{ key: 'unverified', title: 'Unverified', about: 'Fewer than two photos, so not called a match' },
	{ key: 'unknown-state', title: 'State unknown', about: 'The plate as read; the camera reported no state' },
	{ key: 'look-alike', title: 'Look-alikes', about: 'Other plates whose characters look alike' },
	{ key: 'alternative', title: 'Other readings', about: 'Another reading of the same picture matched' },
];

function sectionOf(row: Row): SectionKey {
	if (row.match === 'exact') return row.verified ? 'exact' : 'unverified';
	return row.match as SectionKey;
}

/** Exact and confirmed first, then what is less sure, each apart; a movement strictly in order of time. */
export function sections(rows: readonly Row[], isMovement: boolean): Section[] {
	if (isMovement) return rows.length ? [{ key: 'stops', title: '', about: '', rows: [...rows] }] : [];
	const groups = new Map<SectionKey, Row[]>();
	for (const row of rows) {
		const key = sectionOf(row);
		const group = groups.get(key);
		if (group) group.push(row);
		else groups.set(key, [row]);
	}
	return SECTIONS.flatMap((section) => {
		const group = groups.get(section.key);
		return group ? [{ ...section, rows: group }] : [];
	});
}

/** What a sort compares; nothing reported comes last either way. */
function sortValue(row: Row, time: number, key: SortKey): string | number {
	switch (key) {
		case 'time':
			return time;
		case 'plate':
			return row.plate;
		case 'state':
			return row.state ?? '';
		case 'camera':
			return row.camera;
		case 'vehicle':
			return [row.make, row.model, row.colour, row.year].filter(Boolean).join(' ');
		case 'confidence':
			return row.confidence ?? '';
		case 'match':
			return row.match;
	}
}

/** Places in `rows` in the order of a sort; equal ones stay newest first. */
export function sorted(rows: readonly Row[], times: readonly number[], sort: Sort): number[] {
	const values = rows.map((row, place) => sortValue(row, times[place]!, sort.key));
	const sign = sort.isDescending ? -1 : 1;
	return rows
		.map((_, place) => place)
		.sort((a, b) => {
			const [left, right] = [values[a]!, values[b]!];
			if (left === right) return times[b]! - times[a]! || a - b;
			if (left === '') return 1;
			if (right === '') return -1;
			return left < right ? -sign : sign;
		});
}

export interface Gap {
	/** Seconds since the stop before it that is shown. */
	seconds: number;
	/** Reads in between that a filter hides. */
	hidden: number;
}

/**
 * The time between the stops that are shown: `all` is the whole movement in order of time, `shown` what filters keep of
 * it. The first has none.
 */
export function gaps(all: readonly Row[], shown: readonly Row[]): (Gap | null)[] {
	const place = placesOf(all);
	return shown.map((row, index) => {
		const before = shown[index - 1];
		if (!before) return null;
		return {
			seconds: Math.round((Date.parse(row.scan_time) - Date.parse(before.scan_time)) / 1000),
			hidden: (place.get(row.id) ?? 0) - (place.get(before.id) ?? 0) - 1,
		};
	});
}

/** The place of each read, by its id. */
export const placesOf = (rows: readonly Row[]): ReadonlyMap<string, number> =>
	new Map(rows.map(({ id }, place) => [id, place]));
