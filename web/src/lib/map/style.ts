/** The base map as a MapLibre style: one function for both schemes and for every kind of source. */
import type {
	ExpressionSpecification,
	FilterSpecification,
	LayerSpecification,
	SourceSpecification,
} from 'maplibre-gl';
import type { Palette } from './palette';

/** How the layers of a source are named. */
export type Layers = 'city' | 'protomaps' | 'openmaptiles';

export const REGULAR = ['Public Sans'];
export const BOLD = ['Public Sans Semibold'];
/** The base map's source. */
export const GROUND = 'ground';

export type StreetClass = 'freeway' | 'arterial' | 'collector' | 'residential';
const CLASSES: StreetClass[] = ['residential', 'collector', 'arterial', 'freeway'];

/** Where a source keeps a thing. */
interface Part {
	/** Layer of vector tiles; the city is one GeoJSON document and has none. */
	layer?: string;
	filter: ExpressionSpecification | boolean;
}

interface Parts {
	water: Part[];
	park: Part[];
	/** Ground of schools, hospitals and the like. */
	landmark: Part[];
	/** What a landmark is, as in the city's words. */
	kind: ExpressionSpecification;
	building: Part[];
	street: Record<StreetClass, Part>;
	streetName: Record<StreetClass, Part>;
	waterName: Part[];
	parkName: Part[];
	landmarkName: Part[];
	placeName: Part[];
}

const is = (property: string, ...values: string[]): ExpressionSpecification => [
	'in',
	['get', property],
	['literal', values],
];
const isPolygon: ExpressionSpecification = ['==', ['geometry-type'], 'Polygon'];
const isPoint: ExpressionSpecification = ['==', ['geometry-type'], 'Point'];
const all = (...filters: ExpressionSpecification[]): ExpressionSpecification => ['all', ...filters];

const GREEN = [
	'park',
	'nature_reserve',
	'protected_area',
	'national_park',
	'forest',
	'wood',
	'grass',
	'grassland',
	'golf_course',
	'cemetery',
	'recreation_ground',
	'garden',
	'playground',
	'pitch',
	'zoo',
];
const KNOWN = [
	'school',
	'university',
	'college',
	'kindergarten',
	'hospital',
	'stadium',
	'railway',
	'aerodrome',
	'retail',
	'commercial',
];

function parts(layers: Layers): Parts {
	switch (layers) {
		case 'city': {
			const patch = (...kinds: string[]): Part => ({ filter: all(is('layer', 'patch'), is('kind', ...kinds)) });
			const street = (name: StreetClass): Part => ({ filter: all(is('layer', 'street'), is('class', name)) });
			const streets = byClass(street);
			const landmark: Part = { filter: is('layer', 'landmark') };
			return {
				water: [patch('ocean', 'river', 'lake')],
				park: [patch('park')],
				landmark: [landmark],
				kind: ['get', 'kind'],
				building: [],
				street: streets,
				streetName: streets,
				waterName: [patch('ocean', 'river', 'lake')],
				parkName: [patch('park')],
				landmarkName: [landmark],
				placeName: [],
			};
		}
		case 'protomaps': {
			const streets = byClass((name) => ({
				layer: 'roads',
				filter: {
					freeway: is('kind', 'highway'),
					arterial: all(is('kind', 'major_road'), is('kind_detail', 'trunk', 'primary', 'secondary')),
					collector: all(is('kind', 'major_road'), ['!', is('kind_detail', 'trunk', 'primary', 'secondary')]),
					residential: is('kind', 'minor_road'),
				}[name],
			}));
			return {
				water: [{ layer: 'water', filter: isPolygon }],
				park: [{ layer: 'landuse', filter: is('kind', ...GREEN) }],
				landmark: [{ layer: 'landuse', filter: is('kind', ...KNOWN) }],
				kind: ['get', 'kind'],
				building: [{ layer: 'buildings', filter: isPolygon }],
				street: streets,
				streetName: streets,
				waterName: [{ layer: 'water', filter: isPoint }],
				parkName: [{ layer: 'pois', filter: is('kind', ...GREEN) }],
				landmarkName: [{ layer: 'pois', filter: is('kind', ...KNOWN) }],
				placeName: [{ layer: 'places', filter: is('kind', 'locality', 'neighbourhood', 'macrohood') }],
			};
		}
		case 'openmaptiles': {
			const filters: Record<StreetClass, ExpressionSpecification> = {
				freeway: is('class', 'motorway'),
				arterial: is('class', 'trunk', 'primary'),
				collector: is('class', 'secondary', 'tertiary'),
				residential: is('class', 'minor', 'service'),
			};
			return {
				water: [{ layer: 'water', filter: isPolygon }],
				park: [
					{ layer: 'landcover', filter: is('class', 'grass', 'wood') },
					{ layer: 'park', filter: isPolygon },
					{ layer: 'landuse', filter: is('class', 'cemetery', 'pitch', 'playground', 'garden') },
				],
				landmark: [{ layer: 'landuse', filter: is('class', ...KNOWN) }],
				kind: ['get', 'class'],
				building: [{ layer: 'building', filter: isPolygon }],
				street: byClass((name) => ({ layer: 'transportation', filter: filters[name] })),
				streetName: byClass((name) => ({ layer: 'transportation_name', filter: filters[name] })),
				waterName: [{ layer: 'water_name', filter: true }],
				parkName: [{ layer: 'park', filter: isPoint }],
				landmarkName: [{ layer: 'poi', filter: is('class', ...KNOWN) }],
				placeName: [{ layer: 'place', filter: is('class', 'city', 'town', 'village', 'suburb', 'neighbourhood') }],
			};
		}
	}
}

const byClass = <T>(make: (name: StreetClass) => T): Record<StreetClass, T> => ({
	freeway: make('freeway'),
	arterial: make('arterial'),
	collector: make('collector'),
	residential: make('residential'),
});

/** Widths in pixels at zooms 9, 12, 14, 16 and 18. */
const WIDTHS: Record<StreetClass, [number, number, number, number, number]> = {
	freeway: [1.4, 3.2, 6.5, 15, 34],
	arterial: [0.7, 2, 4.6, 11, 28],
	collector: [0.3, 1.2, 3, 8.5, 22],
	residential: [0, 0.7, 1.8, 6.5, 18],
};
const STREETS_FROM: Record<StreetClass, number> = { freeway: 5, arterial: 8, collector: 10.5, residential: 11.5 };
const NAMES_FROM: Record<StreetClass, number> = { freeway: 11, arterial: 12.4, collector: 13.6, residential: 14.6 };
const NAME_SIZES: Record<StreetClass, [number, number]> = {
	freeway: [12, 14],
	arterial: [11.5, 14],
	collector: [11, 13],
	residential: [11, 12.5],
};

/** A width that grows with the zoom, wider by `more` on both sides together. */
const width = (name: StreetClass, more = 0): ExpressionSpecification => {
	const [w9, w12, w14, w16, w18] = WIDTHS[name].map((value) => value + (value > 0 ? more : 0)) as [
		number,
		number,
		number,
		number,
		number,
	];
	return ['interpolate', ['exponential', 1.5], ['zoom'], 9, w9, 12, w12, 14, w14, 16, w16, 18, w18];
};

/** Layers of the base map, from the ground up: what lies below our own marks, and the names above areas. */
export interface Ground {
	below: LayerSpecification[];
	names: LayerSpecification[];
}

export const background = (colours: Palette): LayerSpecification => ({
	id: 'land',
	type: 'background',
	paint: { 'background-color': colours.land },
});

/** Vector sources and the city. */
export function streetMap(layers: Layers, colours: Palette): Ground {
	const from = parts(layers);
	const common = ({ layer, filter }: Part) => ({
		source: GROUND,
		...(layer === undefined ? {} : { 'source-layer': layer }),
		filter: filter as FilterSpecification,
	});
	const several = <T extends LayerSpecification>(
		id: string,
		list: Part[],
		make: (id: string, part: ReturnType<typeof common>) => T,
	): T[] => list.map((part, index) => make(index ? `${id}-${index}` : id, common(part)));

	const fills: LayerSpecification[] = [
		...several('park', from.park, (id, part) => ({ id, type: 'fill', ...part, paint: { 'fill-color': colours.park } })),
		...several('water', from.water, (id, part) => ({
			id,
			type: 'fill',
			...part,
			paint: { 'fill-color': colours.water },
		})),
		...several('landmark', from.landmark, (id, part) => ({
			id,
			type: 'fill',
			...part,
			minzoom: 11,
			paint: { 'fill-color': landmarkColour(from.kind, colours) },
		})),
		...several('landmark-edge', from.landmark, (id, part) => ({
			id,
			type: 'line',
			...part,
			minzoom: 13,
			paint: { 'line-color': colours.landmarkEdge, 'line-width': 1 },
		})),
		...several('building', from.building, (id, part) => ({
			id,
			type: 'fill',
			...part,
			minzoom: 14,
			paint: { 'fill-color': colours.building, 'fill-outline-color': colours.buildingEdge },
		})),
	];
	// Lakes lie in parks, and parks by the sea: water is drawn over green, but a river's bank over both.
	const line = (name: StreetClass, kind: 'casing' | 'street'): LayerSpecification => ({
		id: `${kind}-${name}`,
		type: 'line',
		...common(from.street[name]),
		minzoom: STREETS_FROM[name],
		layout: { 'line-cap': kind === 'casing' ? 'butt' : 'round', 'line-join': 'round' },
		paint: {
			'line-color': kind === 'casing' ? colours.casing[name] : colours.street[name],
			'line-width': kind === 'casing' ? width(name, name === 'residential' ? 1.4 : 2) : width(name),
			...(kind === 'casing' ? { 'line-opacity': ['interpolate', ['linear'], ['zoom'], 11, 0.5, 13, 1] } : {}),
		} as Extract<LayerSpecification, { type: 'line' }>['paint'] & object,
	});
	const names = (name: StreetClass): LayerSpecification => ({
		id: `name-${name}`,
		type: 'symbol',
		...common(from.streetName[name]),
		minzoom: NAMES_FROM[name],
		layout: {
			'symbol-placement': 'line',
			'symbol-spacing': 340,
			'text-field': ['get', 'name'],
			'text-font': name === 'freeway' ? BOLD : REGULAR,
			'text-size': ['interpolate', ['linear'], ['zoom'], 12, NAME_SIZES[name][0], 17, NAME_SIZES[name][1]],
			'text-max-angle': 32,
			'text-padding': 4,
			'text-letter-spacing': 0.02,
		},
		paint: {
			'text-color': name === 'freeway' ? colours.text.freeway : colours.text.street,
			'text-halo-color': colours.halo,
			'text-halo-width': 1.4,
		},
	});
	const label = (
		id: string,
		list: Part[],
		colour: string,
		zoom: number,
		size: number,
		font: string[],
	): LayerSpecification[] =>
		several(id, list, (name, part) => ({
			id: name,
			type: 'symbol' as const,
			...part,
			minzoom: zoom,
			layout: {
				'text-field': ['get', 'name'],
				'text-font': font,
				'text-size': ['interpolate', ['linear'], ['zoom'], zoom, size, zoom + 4, size + 2],
				'text-max-width': 8,
				'text-padding': 6,
			} as Extract<LayerSpecification, { type: 'symbol' }>['layout'] & object,
			paint: { 'text-color': colour, 'text-halo-color': colours.halo, 'text-halo-width': 1.4 },
		}));

	return {
		below: [
			background(colours),
			...fills,
			...CLASSES.map((name) => line(name, 'casing')),
			...CLASSES.map((name) => line(name, 'street')),
		],
		// What is named first is kept when names meet: the last layer wins.
		names: [
			...label('name-landmark', from.landmarkName, colours.text.landmark, 13.2, 11, REGULAR),
			...CLASSES.map(names),
			...label('name-park', from.parkName, colours.text.park, 11.6, 11.5, BOLD),
			...label('name-water', from.waterName, colours.text.water, 10, 12, BOLD),
			...label('name-place', from.placeName, colours.text.place, 6, 13, BOLD),
		],
	};
}

function landmarkColour(kind: ExpressionSpecification, { landmark, building }: Palette): ExpressionSpecification {
	return [
		'match',
		kind,
		['school', 'university', 'college', 'kindergarten'],
		landmark.school,
		['hospital', 'clinic'],
		landmark.health,
		['government'],
		landmark.public,
		['place-of-worship'],
		landmark.faith,
		['shopping', 'retail', 'commercial'],
		landmark.trade,
		['stadium'],
		landmark.sport,
		['transport', 'railway', 'aerodrome'],
		landmark.transport,
		building,
	];
}

/** Picture tiles, calmed so that our marks stand out. */
export function pictureMap(colours: Palette): Ground {
	return {
		below: [
			background(colours),
			{
				id: 'pictures',
				type: 'raster',
				source: GROUND,
				paint: {
					'raster-brightness-max': colours.raster.brightness,
					'raster-saturation': colours.raster.saturation,
					'raster-fade-duration': 0,
				},
			},
		],
		names: [],
	};
}

/** No base map: lines of latitude and longitude, so that distance and direction can still be judged. */
export function emptyMap(colours: Palette): Ground {
	return {
		below: [
			background(colours),
			{
				id: 'graticule',
				type: 'line',
				source: GROUND,
				filter: ['has', 'line'],
				paint: { 'line-color': colours.graticule, 'line-width': 1 },
			},
		],
		names: [
			{
				id: 'graticule-name',
				type: 'symbol',
				source: GROUND,
				filter: ['has', 'line'],
				layout: {
					'symbol-placement': 'line',
					'symbol-spacing': 420,
					'text-field': ['get', 'name'],
					'text-font': REGULAR,
					'text-size': 11,
				},
				paint: { 'text-color': colours.quiet, 'text-halo-color': colours.land, 'text-halo-width': 2 },
			},
		],
	};
}

export const NOTHING: SourceSpecification = { type: 'geojson', data: { type: 'FeatureCollection', features: [] } };
