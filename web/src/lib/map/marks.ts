/** What is shown on the map, as GeoJSON for the layers of `overlay.ts`. */
import type { Schemas } from '../api/client';
import { areaLetter } from '../words/areas';
import { number } from '../words/numbers';
import type { DrawnArea, LonLat } from './areas.svelte';
import { letterImage } from './overlay';
import { cellStep, type Place, type Stop } from './places';

type Feature = GeoJSON.Feature;
type Cell = Schemas['CellView'];

const point = (at: LonLat, properties: GeoJSON.GeoJsonProperties): Feature => ({
	type: 'Feature',
	properties,
	geometry: { type: 'Point', coordinates: at },
});

/** Ground and outline of areas; the one that is being edited is drawn by its editor. */
export const areaMarks = (areas: DrawnArea[], selected: number | null, editing: number | null): Feature[] =>
	areas.flatMap(({ id, rings }, area) =>
		id === editing
			? []
			: [
					{
						type: 'Feature' as const,
						properties: { id, area, selected: id === selected },
						geometry: { type: 'Polygon' as const, coordinates: rings },
					},
				],
	);

/** Letters stand at the northernmost corner, where they hide no reads. */
export const letterMarks = (areas: DrawnArea[], colours: number): Feature[] =>
	areas.map(({ rings }, area) => {
		const top = (rings[0] ?? []).reduce(
			(best, corner) => (corner[1] > best[1] ? corner : best),
			rings[0]?.[0] ?? [0, 0],
		);
		return point(top, { letter: areaLetter(area), image: letterImage(area % colours) });
	});

const markOf = ({ rows, solid, area }: Place, index: number) => ({
	index,
	reads: rows.length,
	solid: solid ? 1 : 0,
	area,
});

export const placeMarks = (places: Place[]): Feature[] =>
	places.map((place, index) => point(place.at, markOf(place, index)));

export const stopMarks = (stops: Stop[]): Feature[] =>
	stops.map((stop, index) => point(stop.at, { ...markOf(stop, index), label: stop.label, number: index }));

/** A place that is selected or hovered, drawn once more over the others. */
export function chosenMark(place: Place, index: number, role: 'selected' | 'hovered', numbered: boolean): Feature {
	const size = place.rows.length > 99 ? 12 : place.rows.length > 1 ? 10 : 6;
	// Around a stop's label, which is not drawn again.
	const radius = numbered ? 17 : size + 4;
	return point(place.at, { ...markOf(place, index), role, size, radius, dot: !numbered });
}

export const cellMarks = (cells: Cell[], steps: number[]): Feature[] =>
	cells.map(({ west, south, east, north, reads }) => ({
		type: 'Feature',
		properties: { reads, step: cellStep(reads, steps), text: number(reads) },
		geometry: {
			type: 'Polygon',
			coordinates: [
				[
					[west, south],
					[east, south],
					[east, north],
					[west, north],
					[west, south],
				],
			],
		},
	}));

export const cameraMarks = (cameras: Schemas['SeenCamera'][]): Feature[] =>
	cameras.map(({ lat, lon, name, owner, source }) => point([lon, lat], { name, owner, source }));
