import { describe, expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { AREAS_MAX, CORNERS_MAX, readAreas, readPlace, writeArea, writePlace } from './coordinates';
import { circle } from './geometry';

function refusal(read: () => unknown): string {
	try {
		read();
	} catch (error) {
		expect(error).toBeInstanceOf(Problem);
		return (error as Problem).message;
	}
	throw new Error('It was taken');
}

const SQUARE = [
	[-140.02, 34.0],
	[-140.01, 34.0],
	[-140.01, 34.01],
	[-140.02, 34.01],
	[-140.02, 34.0],
];
const polygon = (...coordinates: unknown[]) => ({ type: 'Polygon', coordinates });

describe('places', () => {
	it.each([
		['34.002, -140.053'],
		['34.002 -140.053'],
		['34.002;-140.053'],
		[' 34.002° N, 140.053° W '],
		['34.002N 140.053W'],
		['34.002, −140.053'],
	])('reads %s', (text) => expect(readPlace(text)).toEqual([-140.053, 34.002]));

	it('are kept to a centimetre', () => {
		expect(readPlace('34.00212345678, -140.05312345678')).toEqual([-140.0531235, 34.0021235]);
	});

	it.each([
		['', /write a latitude and a longitude/],
		['34.002', /write a latitude and a longitude/],
		['Main Street', /write a latitude and a longitude/],
		['91, 10', /latitude is between -90 and 90, not 91/],
		['34, -190', /longitude is between -180 and 180, not -190/],
	])('refuses "%s" and says why', (text, why) => expect(refusal(() => readPlace(text))).toMatch(why));
});

describe('QRY 4 areas typed as corners', () => {
	it('are closed', () => {
		expect(readAreas('34, -140.02\n34, -140.01\n\n34.01, -140.01')).toEqual([
			[
				[
					[-140.02, 34],
					[-140.01, 34],
					[-140.01, 34.01],
					[-140.02, 34],
				],
			],
		]);
	});

	it('name the line that is wrong', () => {
		expect(refusal(() => readAreas('34, -140\n34, -139\nhere'))).toMatch(/^Line 3: write a latitude/);
		expect(refusal(() => readAreas('34, -140\n134, -139\n35, -139'))).toMatch(/^Line 2: a latitude/);
	});

	it('need three different corners', () => {
		expect(refusal(() => readAreas('34, -140\n34, -139\n34, -140'))).toMatch(/three different corners; here are 2/);
		expect(refusal(() => readAreas(''))).toMatch(/Type corners, or paste GeoJSON/);
	});

	it('must not cross themselves', () => {
		expect(refusal(() => readAreas('0, 0\n1, 1\n0, 1\n1, 0'))).toMatch(
			/crosses or touches itself at 0\.500000, 0\.500000/,
		);
	});

	it('come back as they were written', () => {
		const text = '34, -140.02\n34, -140.01\n34.0105, -140.01';
		expect(writeArea(readAreas(text)[0]!)).toBe(text);
		const withHole = readAreas(JSON.stringify(polygon(SQUARE, circle([-140.015, 34.005], 100))))[0]!;
		expect(readAreas(writeArea(withHole))[0]).toEqual(withHole);
		expect(writePlace([-140.053, 34.002])).toBe('34.002000, -140.053000');
	});
});

describe('QRY 4 areas pasted as GeoJSON', () => {
	const read = (json: unknown) => readAreas(JSON.stringify(json));

	it('are read from a Polygon, a Feature, a FeatureCollection, a MultiPolygon and a collection of geometries', () => {
		const one = polygon(SQUARE);
		const feature = { type: 'Feature', properties: { name: 'Harbor' }, geometry: one };
		expect(read(one)).toEqual([[SQUARE]]);
		expect(read(feature)).toEqual([[SQUARE]]);
		expect(read({ type: 'FeatureCollection', features: [feature, feature] })).toHaveLength(2);
		expect(read({ type: 'MultiPolygon', coordinates: [[SQUARE], [SQUARE]] })).toHaveLength(2);
		expect(read({ type: 'GeometryCollection', geometries: [one] })).toHaveLength(1);
	});

	it('keep holes, close open rings and leave heights out', () => {
		const hole = [
			[-140.018, 34.002, 12],
			[-140.012, 34.002, 12],
			[-140.012, 34.008, 12],
		];
		const [rings] = read(polygon(SQUARE.slice(0, 4), hole));
		expect(rings![0]).toEqual(SQUARE);
		expect(rings![1]).toEqual([
			[-140.018, 34.002],
			[-140.012, 34.002],
			[-140.012, 34.008],
			[-140.018, 34.002],
		]);
	});

	it.each<[string, string, RegExp]>([
		['half a text', '{"type": "Polygon",\n "coordinates": [[', /not complete JSON/],
		['a list', '[1, 2]', /GeoJSON is an object with a type/],
		['no type', '{"coordinates": []}', /names its type/],
		['a point', '{"type": "Point", "coordinates": [1, 2]}', /a Point encloses no ground/],
		['a line', '{"type": "LineString", "coordinates": [[1, 2], [2, 3]]}', /a LineString encloses no ground/],
		['a feature without geometry', '{"type": "Feature", "geometry": null}', /Feature has no geometry/],
		['no features', '{"type": "FeatureCollection", "features": []}', /no area in this GeoJSON/],
		['a collection without a list', '{"type": "FeatureCollection"}', /has no list of features/],
		['no coordinates', '{"type": "Polygon"}', /this Polygon has no coordinates/],
		['a ring of numbers', '{"type": "Polygon", "coordinates": [1, 2]}', /The outline is not a list of corners/],
		[
			'words for numbers',
			'{"type": "Polygon", "coordinates": [[["a", 1], [1, 1], [2, 2]]]}',
			/The outline, corner 1: a corner is two numbers/,
		],
		[
			'latitude first',
			'{"type": "Polygon", "coordinates": [[[34, -140], [34, -139], [35, -139]]]}',
			/corner 1: a latitude is between -90 and 90, not -140. GeoJSON writes the longitude first/,
		],
		[
			'two corners',
			'{"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [1, 1]]]}',
			/The outline needs at least three/,
		],
		[
			'a bad hole',
			'{"type": "Polygon", "coordinates": [[[0, 0], [3, 0], [3, 3]], [[1, 1]]]}',
			/Hole 1 needs at least three/,
		],
	])('refuse %s in words', (_, text, why) => expect(refusal(() => readAreas(text))).toMatch(why));

	it('name the feature at fault', () => {
		const features = [
			{ type: 'Feature', geometry: polygon(SQUARE) },
			{ type: 'Feature', geometry: { type: 'Point', coordinates: [1, 2] } },
		];
		expect(refusal(() => read({ type: 'FeatureCollection', features }))).toMatch(/^Feature 2: a Point/);
	});

	it('have limits, which are named', () => {
		const many = { type: 'MultiPolygon', coordinates: Array.from({ length: AREAS_MAX + 1 }, () => [SQUARE]) };
		expect(refusal(() => read(many))).toMatch(/These are 51 areas; a question has at most 50/);
		const corners = Array.from({ length: CORNERS_MAX + 1 }, (_, index) => {
			const angle = (index / (CORNERS_MAX + 1)) * 2 * Math.PI;
			return [Math.cos(angle), Math.sin(angle)];
		});
		expect(refusal(() => read(polygon(corners)))).toMatch(/10,001 corners; 10,000 is the limit/);
	});
});
