/** The table of a common-plate answer: a line for each plate, a column for each area. */
import type { Schemas } from '../api/client';
import type { Zone } from '../words/times';

export type CommonPlate = Schemas['CommonView'];

/** By plate, by in how many areas it was seen, by all its reads, or by its last read in an area (its number). */
export type CommonSortKey = 'plate' | 'areas' | 'reads' | number;

export interface CommonSort {
	key: CommonSortKey;
	isDescending: boolean;
}

export const MOST_AREAS_FIRST: CommonSort = { key: 'areas', isDescending: true };

export const areasOf = (plate: CommonPlate): number => plate.places.filter(Boolean).length;
export const readsOf = (plate: CommonPlate): number =>
	plate.places.reduce((sum, place) => sum + (place?.reads ?? 0), 0);
const lastOf = (plate: CommonPlate): string =>
	plate.places.reduce((last, place) => (place && place.last > last ? place.last : last), '');

/** Equal ones by their last read anywhere, newest first; a plate not seen in the area comes last either way. */
export function sortCommon(plates: readonly CommonPlate[], { key, isDescending }: CommonSort): CommonPlate[] {
	const value = (plate: CommonPlate): string | number => {
		if (key === 'plate') return plate.plate;
		if (key === 'areas') return areasOf(plate);
		if (key === 'reads') return readsOf(plate);
		return plate.places[key]?.last ?? '';
	};
	const sign = isDescending ? -1 : 1;
	return plates
		.map((plate) => ({ plate, value: value(plate), last: lastOf(plate) }))
		.sort((a, b) => {
			if (a.value === b.value) return a.last < b.last ? 1 : a.last > b.last ? -1 : 0;
			if (a.value === '') return 1;
			if (b.value === '') return -1;
			return a.value < b.value ? -sign : sign;
		})
		.map(({ plate }) => plate);
}

const LOOK_MS = 14 * 86_400_000;

/** The offsets that a zone has in a frame, looked at so often that no change of the clock is missed. */
export function offsetsIn(zone: Zone, from: string, to: string): string[] {
	const [begins, ends] = [Date.parse(from), Date.parse(to)];
	const offsets = new Set([zone.parts(ends).offset]);
	for (let at = begins; at < ends; at += LOOK_MS) offsets.add(zone.parts(at).offset);
	return [...offsets];
}
