/**
 * The rows of an answer as columns of small numbers, so that 10,000 of them are filtered and counted in a few
 * milliseconds. Nothing here asks the service anything (QRY-8).
 */
import type { Row } from './answer.svelte';
import type { Marks } from './marks';

export type Mark = 'relevant' | 'not-relevant';

/** In the order in which the page shows them. */
export const FACETS = [
	{ key: 'mark', label: 'Mark' },
	{ key: 'match', label: 'Why it matched' },
	{ key: 'area', label: 'Area' },
	{ key: 'state', label: 'State' },
	{ key: 'make', label: 'Make' },
	{ key: 'model', label: 'Model' },
	{ key: 'colour', label: 'Color' },
	{ key: 'year', label: 'Year' },
	{ key: 'camera', label: 'Camera' },
	{ key: 'source', label: 'Camera kind' },
	{ key: 'verified', label: 'Photos' },
] as const;

export type FacetKey = (typeof FACETS)[number]['key'];

/** A plate in an area of a common-plate table: the reads behind a cell. */
export interface Cell {
	plate: string;
	state: string | null;
	/** Number of the area; null for all of them. */
	area: number | null;
}

export interface Filter {
	chosen: Partial<Record<FacetKey, readonly string[]>>;
	/** Words that plate, camera or vehicle must hold. */
	text: string;
	/** Milliseconds; from is inside, until is not. */
	brush: { from: number; until: number } | null;
	cell: Cell | null;
}

export const NO_FILTER: Filter = { chosen: {}, text: '', brush: null, cell: null };

export interface FacetValue {
	value: string;
	count: number;
	isChosen: boolean;
}

export interface Facet {
	key: FacetKey;
	label: string;
	/** Most frequent first; areas, years, marks and reasons in their own order. */
	values: FacetValue[];
}

export interface Sifted {
	/** Places of the rows that every filter keeps, in the order asked for. */
	kept: number[];
	/** As {@link kept}, but whatever the brush says: what the timeline draws. */
	anyTime: number[];
	facets: Facet[];
}

/** What a row has for a facet; the empty text is "not reported". Marks change, so they are no column. */
function valuesOf(row: Row, key: Exclude<FacetKey, 'mark'>): readonly string[] {
	switch (key) {
		case 'match':
			return [row.match];
		case 'area':
			return row.areas.map(String);
		case 'verified':
			return [row.verified ? 'verified' : 'unverified'];
		case 'year':
			return [row.year ? String(row.year) : ''];
		default:
			return [row[key] ?? ''];
	}
}

const MATCHES = ['exact', 'unknown-state', 'look-alike', 'alternative'];
const MARKS = ['relevant', 'not-relevant', 'none'];

/** Facets whose values have an order of their own. */
const ORDER: Partial<Record<FacetKey, (a: string, b: string) => number>> = {
	area: (a, b) => Number(a) - Number(b),
	year: (a, b) => Number(b) - Number(a),
	match: (a, b) => MATCHES.indexOf(a) - MATCHES.indexOf(b),
	mark: (a, b) => MARKS.indexOf(a) - MARKS.indexOf(b),
	verified: (a, b) => Number(a === 'unverified') - Number(b === 'unverified'),
};

class Column {
	readonly values: string[] = [];
	/** The number of a row's value, or of several where it has several. */
	readonly codes: (number | readonly number[])[] = [];
	readonly #codeOf = new Map<string, number>();

	push(values: readonly string[]): void {
		this.codes.push(values.length === 1 ? this.#code(values[0]!) : values.map((value) => this.#code(value)));
	}

	/** For each code whether it is among the chosen values. */
	flags(chosen: readonly string[]): Uint8Array {
		const flags = new Uint8Array(this.values.length);
		for (const value of chosen) {
			const code = this.#codeOf.get(value);
			if (code !== undefined) flags[code] = 1;
		}
		return flags;
	}

	#code(value: string): number {
		const known = this.#codeOf.get(value);
		if (known !== undefined) return known;
		this.#codeOf.set(value, this.values.length);
		return this.values.push(value) - 1;
	}
}

const MARK_COLUMN = FACETS.findIndex(({ key }) => key === 'mark');
const TEXT = FACETS.length;
const BRUSH = TEXT + 1;
const CELL = TEXT + 2;

export class Columns {
	readonly rows: Row[] = [];
	/** When each was read, in milliseconds. */
	readonly times: number[] = [];
	readonly #columns = FACETS.map(() => new Column());
	readonly #words: string[] = [];

	constructor() {
		for (const value of MARKS) this.#columns[MARK_COLUMN]!.push([value]);
	}

	add(rows: readonly Row[]): void {
		for (const row of rows) {
			this.rows.push(row);
			this.times.push(Date.parse(row.scan_time));
			this.#words.push(
				`${row.plate} ${row.camera} ${row.year ?? ''} ${row.colour ?? ''} ${row.make ?? ''} ${row.model ?? ''}`.toLowerCase(),
			);
			FACETS.forEach(({ key }, at) => {
				if (key !== 'mark') this.#columns[at]!.push(valuesOf(row, key));
			});
		}
	}

	/**
	 * Keeps what the filter says, out of `order` (places in {@link rows}). A facet's counts hold for the rows that all
	 * other filters keep: choosing a second value of a facet then adds as many as it says.
	 */
	sift(order: readonly number[], filter: Filter, marks: Marks): Sifted {
		const { rows, times } = this;
		const columns = this.#columns;
		const counts = columns.map((column) => new Uint32Array(column.values.length));
		const checks: { at: number; flags: Uint8Array }[] = [];
		FACETS.forEach(({ key }, at) => {
			const chosen = filter.chosen[key];
			if (chosen?.length) checks.push({ at, flags: columns[at]!.flags(chosen) });
		});
		const wanted = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
		const { brush, cell } = filter;
		const kept: number[] = [];
		const anyTime: number[] = [];

		const codeAt = (at: number, place: number) => {
			if (at !== MARK_COLUMN) return columns[at]!.codes[place]!;
			const mark = marks.get(rows[place]!.id);
			return mark === undefined ? 2 : mark === 'relevant' ? 0 : 1;
		};
		const count = (at: number, place: number) => {
			const code = codeAt(at, place);
			const into = counts[at]!;
			if (typeof code === 'number') into[code]!++;
			else for (const one of code) into[one]!++;
		};

		for (const place of order) {
			let misses = 0;
			let missed = -1;
			for (const { at, flags } of checks) {
				const code = codeAt(at, place);
				const passes = typeof code === 'number' ? flags[code] === 1 : code.some((one) => flags[one] === 1);
				if (passes) continue;
				missed = at;
				if (++misses > 1) break;
			}
			if (misses > 1) continue;
			if (wanted.length && !wanted.every((word) => this.#words[place]!.includes(word))) {
				missed = TEXT;
				misses++;
			}
			if (cell && !isIn(cell, rows[place]!)) {
				missed = CELL;
				misses++;
			}
			if (brush && (times[place]! < brush.from || times[place]! >= brush.until)) {
				missed = BRUSH;
				misses++;
			}
			if (misses === 0) {
				kept.push(place);
				anyTime.push(place);
				for (let at = 0; at < FACETS.length; at++) count(at, place);
			} else if (misses === 1) {
				if (missed === BRUSH) anyTime.push(place);
				else if (missed < TEXT) count(missed, place);
			}
		}

		const facets = FACETS.map(({ key, label }, at): Facet => {
			const chosen = new Set(filter.chosen[key]);
			const values = columns[at]!.values.map((value, code) => ({
				value,
				count: counts[at]![code]!,
				isChosen: chosen.has(value),
			})).filter((value) => value.count > 0 || value.isChosen);
			const order = ORDER[key];
			values.sort(
				order ? (a, b) => order(a.value, b.value) : (a, b) => b.count - a.count || (a.value < b.value ? -1 : 1),
			);
			return { key, label, values };
		});
		return { kept, anyTime, facets };
	}
}

function isIn(cell: Cell, row: Row): boolean {
	return (
		row.plate === cell.plate &&
		(row.state ?? null) === cell.state &&
		(cell.area === null || row.areas.includes(cell.area))
	);
}

/** The filter with a value chosen, or no longer. */
export function toggled(filter: Filter, key: FacetKey, value: string): Filter {
	const chosen = filter.chosen[key] ?? [];
	const next = chosen.includes(value) ? chosen.filter((other) => other !== value) : [...chosen, value];
	return { ...filter, chosen: { ...filter.chosen, [key]: next } };
}

export const isFiltering = (filter: Filter): boolean =>
	filter.text.trim() !== '' ||
	filter.brush !== null ||
	filter.cell !== null ||
	Object.values(filter.chosen).some((values) => values.length > 0);
