import { expect, test } from 'vitest';
import { Zone } from '../words/times';
import { areasOf, MOST_AREAS_FIRST, offsetsIn, readsOf, sortCommon, type CommonPlate } from './commonplates';

const seen = (day: number, reads = 1) => ({
	first: `2026-11-${day}T00:00:00Z`,
	last: `2026-11-${day}T10:00:00Z`,
	reads,
});
const plates: CommonPlate[] = [
	{ plate: '0FTU848', state: 'US-CA', places: [seen(22), seen(22, 2), null] },
	{ plate: '7KXM204', state: 'US-CA', places: [seen(13), seen(20, 2), seen(21)] },
	{ plate: '88S0I50', state: null, places: [seen(23), null, seen(19)] },
];
const order = (key: 'plate' | 'areas' | 'reads' | number, isDescending: boolean) =>
	sortCommon(plates, { key, isDescending }).map(({ plate }) => plate);

test('QRY 5 plates of most areas come first, then by their last read', () => {
	expect(sortCommon(plates, MOST_AREAS_FIRST).map(({ plate }) => plate)).toEqual(['7KXM204', '88S0I50', '0FTU848']);
});

test('by plate, by reads, by the last read in an area', () => {
	expect(order('plate', false)).toEqual(['0FTU848', '7KXM204', '88S0I50']);
	expect(order('reads', true)).toEqual(['7KXM204', '0FTU848', '88S0I50']);
	expect(order(0, true)).toEqual(['88S0I50', '0FTU848', '7KXM204']);
});

test('a plate that was not seen in the area comes last both ways', () => {
	expect(order(1, true).at(-1)).toBe('88S0I50');
	expect(order(1, false).at(-1)).toBe('88S0I50');
	expect(order(2, false)).toEqual(['88S0I50', '7KXM204', '0FTU848']);
});

test('areas and reads are counted', () => {
	expect(plates.map(areasOf)).toEqual([2, 3, 2]);
	expect(plates.map(readsOf)).toEqual([3, 4, 2]);
});

test('WHY 1 a frame over a change of the clock has two offsets', () => {
	const zone = new Zone('America/Los_Angeles');
	expect(offsetsIn(zone, '2026-11-03T00:00:00Z', '2026-11-20T00:00:00Z')).toEqual(['-08:00']);
	expect(offsetsIn(zone, '2026-10-25T00:00:00Z', '2026-11-02T00:00:00Z').toSorted()).toEqual(['-07:00', '-08:00']);
	// Summer and back: both ends are in winter.
	expect(offsetsIn(zone, '2026-02-01T00:00:00Z', '2026-12-01T00:00:00Z')).toHaveLength(2);
});
