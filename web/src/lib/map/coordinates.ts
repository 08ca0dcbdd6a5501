/** Places and areas from text: typed corners or GeoJSON, with refusals that say what is wrong and where. */
import { Problem } from '../api/problem';
import { number } from '../words/numbers';
import type { LonLat } from './areas.svelte';
import { closed, crossing, open, rounded, unrolled } from './geometry';

/** The service's limits (crates/domain/src/limits.rs). */
export const AREAS_MAX = 50;
export const CORNERS_MAX = 10_000;
/** Corners of an area across the 180th meridian may go on counting. */
const CORNER_LONGITUDE_MAX = 360;

/** A latitude and a longitude: `34.002, -140.053`, also with spaces, degree signs or letters (`34.002° N 140.053° W`). */
export function readPlace(text: string, where = '', most = 180): LonLat {
	const wrong = (what: string) => Problem.here(where ? `${where}: ${what}` : what, 'coordinates');
	const written = text.trim().replaceAll('°', ' ').replaceAll('−', '-');
	const match = /^([-+]?\d+(?:\.\d+)?)\s*([NS])?[\s,;]+([-+]?\d+(?:\.\d+)?)\s*([EW])?$/i.exec(written);
	if (!match) throw wrong('write a latitude and a longitude in degrees, such as 34.002, -140.053');
	const lat = Number(match[1]) * (/s/i.test(match[2] ?? '') ? -1 : 1);
	const lon = Number(match[3]) * (/w/i.test(match[4] ?? '') ? -1 : 1);
	const fault = placeFault(lon, lat, most);
	if (fault) throw wrong(fault);
	return rounded([lon, lat]);
}

function placeFault(lon: number, lat: number, most = 180): string | null {
	if (Math.abs(lat) > 90) return `a latitude is between -90 and 90, not ${lat}`;
	if (Math.abs(lon) > most) return `a longitude is between -${most} and ${most}, not ${lon}`;
	return null;
}

/** Areas of a text, each as closed GeoJSON rings. Throws a {@link Problem}. */
export function readAreas(text: string): LonLat[][][] {
	const trimmed = text.trim();
	if (trimmed === '') throw Problem.here('Type corners, or paste GeoJSON', 'coordinates');
	const areas = (/^[{[]/.test(trimmed) ? readGeoJson(trimmed) : [[readCorners(trimmed)]]).map(unrolled);
	if (areas.length > AREAS_MAX)
		throw Problem.here(`These are ${number(areas.length)} areas; a question has at most ${AREAS_MAX}`, 'coordinates');
	areas.forEach((rings, index) => {
		const name = areas.length > 1 ? `Area ${index + 1}` : 'This area';
		const corners = rings.reduce((sum, ring) => sum + open(ring).length, 0);
		if (corners > CORNERS_MAX)
			throw Problem.here(`${name} has ${number(corners)} corners; ${number(CORNERS_MAX)} is the limit`, 'coordinates');
		const where = rings.map(crossing).find((place) => place !== null);
		if (where)
			throw Problem.here(
				`${name} crosses or touches itself at ${writePlace(where)}. Order its corners along the outline`,
				'coordinates',
			);
	});
	return areas;
}

/** A corner a line. */
function readCorners(text: string): LonLat[] {
	const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), where: `Line ${index + 1}` }));
	const corners = lines
		.filter(({ line }) => line !== '')
		.map(({ line, where }) => readPlace(line, where, CORNER_LONGITUDE_MAX));
	return checkedRing(corners, 'An area');
}

function checkedRing(corners: LonLat[], name: string): LonLat[] {
	const distinct = new Set(corners.map(String)).size;
	if (distinct < 3)
		throw Problem.here(
			`${name} needs at least three different corners; here ${distinct === 1 ? 'is 1' : `are ${distinct}`}`,
			'coordinates',
		);
	return closed(corners);
}

const KINDS = 'a Polygon, a MultiPolygon, a Feature or a FeatureCollection';

function readGeoJson(text: string): LonLat[][][] {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch (error) {
		const at = /position (\d+)/.exec(String(error))?.[1];
		const line = at === undefined ? '' : ` (line ${text.slice(0, Number(at)).split('\n').length})`;
		throw Problem.here(
			`This is not complete JSON${line}. Paste all of it, from the first brace to the last`,
			'coordinates',
		);
	}
	const areas = polygonsOf(json, '');
	if (areas.length === 0) throw Problem.here('There is no area in this GeoJSON', 'coordinates');
	return areas.map(({ rings, where }) => readRings(rings, where));
}

interface Found {
	rings: unknown;
	/** `Feature 3`, or nothing where there is only one. */
	where: string;
}

function polygonsOf(json: unknown, where: string): Found[] {
	const at = where ? `${where}: ` : '';
	if (typeof json !== 'object' || json === null || Array.isArray(json))
		throw Problem.here(`${at}GeoJSON is an object with a type: ${KINDS}`, 'coordinates');
	const { type, features, geometry, geometries, coordinates } = json as Record<string, unknown>;
	const each = (list: unknown, name: string): Found[] => {
		if (!Array.isArray(list))
			throw Problem.here(`${at}this ${String(type)} has no list of ${name.toLowerCase()}s`, 'coordinates');
		return list.flatMap((one: unknown, index) => polygonsOf(one, `${name} ${index + 1}`));
	};
	switch (type) {
		case 'FeatureCollection':
			return each(features, 'Feature');
		case 'GeometryCollection':
			return each(geometries, 'Geometry');
		case 'Feature':
			if (!geometry) throw Problem.here(`${at}this Feature has no geometry`, 'coordinates');
			return polygonsOf(geometry, where);
		case 'Polygon':
			return [{ rings: coordinates, where }];
		case 'MultiPolygon':
			if (!Array.isArray(coordinates)) throw Problem.here(`${at}this MultiPolygon has no coordinates`, 'coordinates');
			return coordinates.map((rings: unknown, index) => ({ rings, where: `${at}Polygon ${index + 1}` }));
		case undefined:
			throw Problem.here(`${at}GeoJSON names its type: ${KINDS}`, 'coordinates');
		default:
			throw Problem.here(`${at}a ${String(type)} encloses no ground. An area is ${KINDS}`, 'coordinates');
	}
}

function readRings(rings: unknown, where: string): LonLat[][] {
	const at = where ? `${where}: ` : '';
	if (!Array.isArray(rings) || rings.length === 0)
		throw Problem.here(`${at}this Polygon has no coordinates`, 'coordinates');
	return rings.map((ring: unknown, index) => {
		const name = index === 0 ? `${at}The outline` : `${at}Hole ${index}`;
		if (!Array.isArray(ring)) throw Problem.here(`${name} is not a list of corners`, 'coordinates');
		return checkedRing(
			ring.map((corner: unknown, place) => readCorner(corner, `${name}, corner ${place + 1}`)),
			name,
		);
	});
}

function readCorner(corner: unknown, where: string): LonLat {
	const [lon, lat] = Array.isArray(corner) ? (corner as unknown[]) : [];
	if (typeof lon !== 'number' || typeof lat !== 'number')
		throw Problem.here(`${where}: a corner is two numbers, [longitude, latitude]`, 'coordinates');
	const fault = placeFault(lon, lat, CORNER_LONGITUDE_MAX);
	// Heights and anything after them are not part of an area.
	if (fault) throw Problem.here(`${where}: ${fault}. GeoJSON writes the longitude first`, 'coordinates');
	return rounded([lon, lat]);
}

/** `34.002, -140.053`. */
export const writePlace = ([lon, lat]: LonLat, places = 6): string => `${lat.toFixed(places)}, ${lon.toFixed(places)}`;

/** An area as text that {@link readAreas} reads again: corners, or GeoJSON where it has holes. */
export function writeArea(rings: LonLat[][]): string {
	const [outline = []] = rings;
	if (rings.length > 1) return JSON.stringify({ type: 'Polygon', coordinates: rings });
	return open(outline)
		.map((corner) =>
			writePlace(corner, 7)
				.replace(/(\.\d*?)0+(?=,|$)/g, '$1')
				.replace(/\.(?=,|$)/g, ''),
		)
		.join('\n');
}
