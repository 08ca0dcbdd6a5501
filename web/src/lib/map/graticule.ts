/** Lines of latitude and longitude in what a map shows. */
import type { Bounds } from './geometry';

const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
/** Lines across the map, about. */
const LINES = 6;

export function graticule([west, south, east, north]: Bounds): GeoJSON.FeatureCollection {
	const step = stepOf(east - west);
	const places = Math.max(0, Math.ceil(-Math.log10(step)));
	const features: GeoJSON.Feature[] = [];
	const add = (coordinates: [number, number][], name: string) =>
		features.push({ type: 'Feature', properties: { line: true, name }, geometry: { type: 'LineString', coordinates } });
	const label = (value: number, plus: string, minus: string) =>
		`${Math.abs(value).toFixed(places)}° ${value < 0 ? minus : plus}`;
	for (const lon of multiples(west, east, step))
		add(
			[
				[lon, Math.max(south, -85)],
				[lon, Math.min(north, 85)],
			],
			label(lon, 'E', 'W'),
		);
	for (const lat of multiples(Math.max(south, -85), Math.min(north, 85), step))
		add(
			[
				[west, lat],
				[east, lat],
			],
			label(lat, 'N', 'S'),
		);
	return { type: 'FeatureCollection', features };
}

const stepOf = (degrees: number): number => STEPS.findLast((step) => degrees / step <= LINES) ?? 30;

function* multiples(from: number, to: number, step: number): Generator<number> {
	for (let count = Math.ceil(from / step); count * step <= to; count++) yield count * step;
}
