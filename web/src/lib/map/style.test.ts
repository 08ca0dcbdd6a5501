import { readFileSync } from 'node:fs';
import { validateStyleMin, type LayerSpecification } from '@maplibre/maplibre-gl-style-spec';
import { describe, expect, it } from 'vitest';
import { groundOf, withoutEdge, type BasemapView } from './basemap';
import { graticule } from './graticule';
import { overlay, POINTED, SOURCES } from './overlay';
import { DARK, LIGHT, type Palette } from './palette';
import { scaleBars } from './scale';
import { GROUND, NOTHING } from './style';

const VIEWS: [string, BasemapView][] = [
	['the city', { kind: 'city', url: '/basemap/city.geojson', attribution: 'x', layers: 'city' }],
	['Protomaps tiles', { kind: 'pmtiles', url: '/basemap/a.pmtiles', attribution: 'x', layers: 'protomaps' }],
	[
		'OpenMapTiles tiles',
		{ kind: 'vector', url: 'https://t.example/{z}/{x}/{y}', attribution: 'x', layers: 'openmaptiles' },
	],
	['picture tiles', { kind: 'raster', url: 'https://t.example/{z}/{x}/{y}', attribution: 'x' }],
	['no base map', { kind: 'none', attribution: '' }],
];

const layersOf = (view: BasemapView, palette: Palette): LayerSpecification[] => {
	const ground = groundOf(view, palette);
	const marks = overlay(palette);
	return [...ground.below, ...marks.below, ...ground.names, ...marks.above] as LayerSpecification[];
};

const colours = (layer: LayerSpecification): string[] => JSON.stringify(layer.paint ?? {}).match(/#[0-9a-f]{6}/g) ?? [];

describe('the style', () => {
	it.each(VIEWS)('is the same in light and dark but for its colors: %s', (_, view) => {
		const light = layersOf(view, LIGHT);
		const dark = layersOf(view, DARK);
		expect(dark.map(({ id }) => id)).toEqual(light.map(({ id }) => id));
		expect(new Set(light.map(({ id }) => id)).size).toBe(light.length);
		light.forEach((layer, index) => {
			expect('layout' in dark[index]! ? dark[index].layout : undefined).toEqual(
				'layout' in layer ? layer.layout : undefined,
			);
			// White letters on the areas' own colors are the same on both grounds.
			if (colours(layer).length && layer.id !== 'letters')
				expect(dark[index]!.paint, layer.id).not.toEqual(layer.paint);
		});
	});

	it.each(VIEWS)('keeps to the style specification and asks for no glyphs or sprites: %s', (_, view) => {
		const kind =
			view.kind === 'raster'
				? { type: 'raster', tiles: [view.url] }
				: view.kind === 'city' || view.kind === 'none'
					? NOTHING
					: { type: 'vector', tiles: ['https://t.example/{z}/{x}/{y}'] };
		const style = {
			version: 8,
			'font-faces': { 'Public Sans': 'https://x.example/a.woff2' },
			sources: { [GROUND]: kind, reads: NOTHING, ...Object.fromEntries(SOURCES.map((source) => [source, NOTHING])) },
			layers: layersOf(view, LIGHT),
		};
		// Without a glyph server the fonts are our own, which the validator of this version does not know yet.
		const faults = validateStyleMin(style as unknown as Parameters<typeof validateStyleMin>[0])
			.map(({ message }) => message)
			.filter((message) => !/glyphs/.test(message));
		expect(faults).toEqual([]);
		expect(JSON.stringify(style)).not.toMatch(/"(glyphs|sprite)"/);
	});

	it('has every layer that the pointer asks for', () => {
		const ids = layersOf({ kind: 'none', attribution: '' }, LIGHT).map(({ id }) => id);
		for (const layer of POINTED) expect(ids).toContain(layer);
	});

	it('draws every class of street with a casing, smaller ones below', () => {
		const ids = layersOf(VIEWS[0]![1], LIGHT).map(({ id }) => id);
		const classes = ['residential', 'collector', 'arterial', 'freeway'];
		const places = [...classes.map((name) => `casing-${name}`), ...classes.map((name) => `street-${name}`)].map((id) =>
			ids.indexOf(id),
		);
		expect(places).not.toContain(-1);
		expect(places).toEqual([...places].sort((a, b) => a - b));
		expect(ids.indexOf('name-residential')).toBeGreaterThan(ids.indexOf('area-lines'));
	});
});

describe('colors on the map', () => {
	const tokens = readFileSync('src/styles/tokens.css', 'utf8');
	const token = (name: string, scheme: 0 | 1): string => {
		const value = new RegExp(`--${name}: ([^;]+);`).exec(tokens)![1]!;
		const pair = /light-dark\(([^,]+), ([^)]+)\)/.exec(value);
		const hex = (pair ? pair[scheme + 1]! : value).trim();
		return hex.length === 4 ? `#${[...hex.slice(1)].map((digit) => digit + digit).join('')}` : hex;
	};

	it.each([
		['light', LIGHT, 0],
		['dark', DARK, 1],
	] as const)('are those of the page where they mean the same: %s', (_, palette, scheme) => {
		expect(palette.accent).toBe(token('accent', scheme));
		expect(palette.pane).toBe(token('pane', scheme));
		expect(palette.ink).toBe(token('ink', scheme));
		expect(palette.quiet).toBe(token('quiet', scheme));
		expect(palette.onMark).toBe(token('on-accent', scheme));
		palette.areas.forEach((colour, area) => expect(colour).toBe(token(`area-${area}`, scheme)));
		palette.cells.forEach((colour, step) => expect(colour).toBe(token(`map-cell-${step}`, scheme)));
	});

	it.each([
		['light', LIGHT],
		['dark', DARK],
	] as const)('of names stand out from the ground by 4.5 to 1: %s', (_, { text, land, water, park }) => {
		for (const name of ['street', 'place', 'landmark', 'freeway'] as const)
			expect(contrast(text[name], land)).toBeGreaterThan(4.5);
		expect(contrast(text.water, water)).toBeGreaterThan(4);
		expect(contrast(text.park, park)).toBeGreaterThan(4.5);
	});

	it.each([
		['light', LIGHT],
		['dark', DARK],
	] as const)('of marks stand out from the ground by 3 to 1: %s', (_, palette) => {
		for (const colour of [...palette.areaLines, palette.accent, palette.camera])
			expect(contrast(colour, palette.land)).toBeGreaterThan(3);
		for (const colour of palette.areaLines) expect(contrast(colour, palette.onMark)).toBeGreaterThan(4.5);
	});
});

function contrast(a: string, b: string): number {
	const light = (hex: string) => {
		const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
			const value = parseInt(hex.slice(start, start + 2), 16) / 255;
			return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	};
	const [high, low] = [light(a), light(b)].sort((x, y) => y - x) as [number, number];
	return (high + 0.05) / (low + 0.05);
}

describe('the scale', () => {
	it('has round lengths that fit', () => {
		const { metric, imperial } = scaleBars(2.4, 100);
		expect(metric.text).toBe('200 m');
		expect(metric.width).toBeCloseTo(83.3, 1);
		expect(imperial.text).toBe('500 ft');
		expect(imperial.width).toBeLessThanOrEqual(100);
		expect(scaleBars(40, 100).metric.text).toBe('2 km');
		expect(scaleBars(40, 100).imperial.text).toBe('2 mi');
	});
});

describe('without a base map', () => {
	it('lines of latitude and longitude lie at round degrees', () => {
		const { features } = graticule([-140.1, 33.95, -139.9, 34.05]);
		const names = features.map(({ properties }) => properties!.name as string);
		expect(names).toContain('140.00° W');
		expect(names).toContain('34.00° N');
		expect(features.length).toBeLessThan(14);
	});
});

describe('the city', () => {
	it('has a sea that goes on beyond its document', () => {
		const ocean: GeoJSON.FeatureCollection = {
			type: 'FeatureCollection',
			features: [
				{
					type: 'Feature',
					properties: { layer: 'patch', kind: 'ocean' },
					geometry: {
						type: 'Polygon',
						coordinates: [
							[
								[-141, 33],
								[-140, 33],
								[-140.2, 34],
								[-140, 35],
								[-141, 35],
								[-141, 33],
							],
						],
					},
				},
			],
		};
		const [feature] = withoutEdge(ocean).features;
		expect((feature!.geometry as GeoJSON.Polygon).coordinates[0]).toEqual([
			[-146, 28],
			[-140, 28],
			[-140.2, 34],
			[-140, 40],
			[-146, 40],
			[-146, 28],
		]);
	});
});
