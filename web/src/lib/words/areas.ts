/** Areas are told apart by a letter and a colour, the same on the map, in tables, on cards and in facets. */

/** Colours in `styles/tokens.css`. */
export const AREA_COLOURS = 8;

/** `A`, `B`, ... `Z`, `AA`, ... */
export function areaLetter(index: number): string {
	const first = Math.floor(index / 26);
	return (first > 0 ? areaLetter(first - 1) : '') + String.fromCharCode(65 + (index % 26));
}

/** A CSS value. */
export const areaColour = (index: number): string => `var(--area-${index % AREA_COLOURS})`;
