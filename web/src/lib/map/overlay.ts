/** Our own marks over the base map: areas, density, cameras, reads, stops, and what is chosen among them. */
import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import type { Palette } from './palette';
import { BOLD } from './style';

export const SOURCES = ['areas', 'letters', 'draft', 'cells', 'cameras', 'stops', 'chosen', 'sought'] as const;
export type OverlaySource = (typeof SOURCES)[number] | 'reads';

/** From here on marks are no longer gathered. */
export const GATHER_UNTIL = 14;
const CLEAR = 'rgba(0, 0, 0, 0)';
export const CAMERAS_FROM = 12.2;

const has = (property: string): ExpressionSpecification => ['has', property];
const not = (expression: ExpressionSpecification): ExpressionSpecification => ['!', expression];
/** `1,437`. */
const written = (property: string): ExpressionSpecification => [
	'number-format',
	['get', property],
	{ locale: 'en-US' },
];
const number = (property: string): ExpressionSpecification => ['number', ['get', property], 0];

/** A colour by the number of the area in a property; `other` where it is none. */
function byArea(property: ExpressionSpecification, colours: string[], other: string): ExpressionSpecification {
	const cases = colours.flatMap((colour, index) => [index, colour]);
	return ['match', ['%', property, colours.length], ...cases, other] as unknown as ExpressionSpecification;
}

/** What pictures the layers use; painted by `images.ts`. */
export const letterImage = (area: number): string => `letter-${area}`;
export const PILL = 'pill';

export function overlay(colours: Palette) {
	const { pane, ink, accent, areaLines } = colours;
	const area = number('area');
	const mark = ['case', ['<', area, 0], accent, byArea(area, areaLines, accent)] as ExpressionSpecification;
	// Marks of one area keep its colour when they are gathered.
	const gathered: ExpressionSpecification = [
		'case',
		['all', ['==', ['get', 'first'], ['get', 'last']], ['>=', ['get', 'first'], 0]],
		byArea(['get', 'first'], areaLines, accent),
		accent,
	];
	const solid: ExpressionSpecification = ['==', ['get', 'solid'], 1];
	/** Filled where sure, otherwise hollow. */
	const filled = (colour: ExpressionSpecification): DataDrivenPropertyValueSpecification<string> => [
		'case',
		solid,
		colour,
		pane,
	];
	const edged = (colour: ExpressionSpecification): DataDrivenPropertyValueSpecification<string> => [
		'case',
		solid,
		pane,
		colour,
	];
	const onMark = (colour: ExpressionSpecification): DataDrivenPropertyValueSpecification<string> => [
		'case',
		solid,
		colours.onMark,
		colour,
	];
	const text = { 'text-allow-overlap': true, 'text-ignore-placement': true } as const;

	const below: LayerSpecification[] = [
		{
			id: 'cells',
			type: 'fill',
			source: 'cells',
			paint: {
				'fill-color': [
					'match',
					number('step'),
					...colours.cells.flatMap((colour, step) => [step, colour]),
					accent,
				] as unknown as ExpressionSpecification,
				'fill-opacity': 0.72,
			},
		},
		{
			id: 'cell-edges',
			type: 'line',
			source: 'cells',
			paint: { 'line-color': pane, 'line-width': 0.6, 'line-opacity': 0.9 },
		},
		{
			id: 'areas',
			type: 'fill',
			source: 'areas',
			paint: {
				'fill-color': byArea(area, areaLines, accent),
				'fill-opacity': ['case', ['==', ['get', 'selected'], true], 0.2, 0.1],
			},
		},
		{
			id: 'area-lines',
			type: 'line',
			source: 'areas',
			layout: { 'line-join': 'round' },
			paint: {
				'line-color': byArea(area, areaLines, accent),
				'line-width': ['case', ['==', ['get', 'selected'], true], 3, 2],
			},
		},
		{
			id: 'draft',
			type: 'fill',
			source: 'draft',
			paint: { 'fill-color': accent, 'fill-opacity': 0.16 },
		},
		{
			id: 'draft-line',
			type: 'line',
			source: 'draft',
			paint: { 'line-color': accent, 'line-width': 2 },
		},
	];

	const above: LayerSpecification[] = [
		{
			id: 'cell-counts',
			type: 'symbol',
			source: 'cells',
			minzoom: 9,
			layout: {
				'text-field': ['get', 'text'],
				'text-font': BOLD,
				'text-size': 12,
				'symbol-sort-key': ['-', 0, number('reads')],
				'text-padding': 1,
			},
			paint: {
				// Dark cells on a light ground carry light text, and the other way round.
				'text-color': ['case', ['>=', number('step'), 3], pane, ink],
				'text-halo-color': ['case', ['>=', number('step'), 3], ink, pane],
				'text-halo-width': 0.8,
			},
		},
		{
			id: 'cameras',
			type: 'circle',
			source: 'cameras',
			minzoom: CAMERAS_FROM,
			paint: {
				'circle-radius': ['interpolate', ['linear'], ['zoom'], CAMERAS_FROM, 2.2, 16, 4.2],
				'circle-color': colours.camera,
				'circle-opacity': 0.85,
				'circle-stroke-color': pane,
				'circle-stroke-width': 1,
			},
		},
		{
			id: 'sought',
			type: 'circle',
			source: 'sought',
			paint: {
				'circle-color': accent,
				'circle-opacity': 0.15,
				'circle-radius': 11,
				'circle-stroke-color': accent,
				'circle-stroke-width': 2,
			},
		},
		{
			id: 'sought-dot',
			type: 'circle',
			source: 'sought',
			paint: { 'circle-color': accent, 'circle-radius': 2.5 },
		},
		{
			id: 'letters',
			type: 'symbol',
			source: 'letters',
			layout: {
				'icon-image': ['get', 'image'],
				'icon-allow-overlap': true,
				'icon-ignore-placement': true,
				'icon-anchor': 'bottom',
				// From afar an area is smaller than the mark of its reads: its letter keeps above that.
				'icon-offset': ['interpolate', ['linear'], ['zoom'], 12.5, ['literal', [0, -13]], 14.5, ['literal', [0, -2]]],
				'text-field': ['get', 'letter'],
				'text-font': BOLD,
				'text-size': 12,
				'text-anchor': 'bottom',
				'text-offset': [
					'interpolate',
					['linear'],
					['zoom'],
					12.5,
					['literal', [0, -1.26]],
					14.5,
					['literal', [0, -0.34]],
				],
				...text,
			},
			paint: { 'text-color': '#ffffff' },
		},
		{
			id: 'cluster-halos',
			type: 'circle',
			source: 'reads',
			filter: has('point_count'),
			paint: {
				'circle-color': gathered,
				'circle-opacity': 0.22,
				'circle-radius': ['step', ['get', 'sum'], 18, 10, 20, 100, 23, 1000, 27],
			},
		},
		{
			id: 'clusters',
			type: 'circle',
			source: 'reads',
			filter: has('point_count'),
			paint: {
				'circle-color': filled(gathered),
				'circle-radius': ['step', ['get', 'sum'], 13, 10, 15, 100, 18, 1000, 22],
				'circle-stroke-color': edged(gathered),
				'circle-stroke-width': 1.5,
			},
		},
		{
			id: 'cluster-counts',
			type: 'symbol',
			source: 'reads',
			filter: has('point_count'),
			layout: { 'text-field': written('sum'), 'text-font': BOLD, 'text-size': 12, ...text },
			paint: { 'text-color': onMark(gathered) },
		},
		{
			id: 'places',
			type: 'circle',
			source: 'reads',
			filter: not(has('point_count')),
			layout: { 'circle-sort-key': number('reads') },
			paint: {
				'circle-color': filled(mark),
				'circle-radius': ['step', number('reads'), 6, 2, 10, 100, 12, 1000, 15],
				'circle-stroke-color': edged(mark),
				'circle-stroke-width': ['case', solid, 1.5, 2.2],
			},
		},
		{
			id: 'place-counts',
			type: 'symbol',
			source: 'reads',
			filter: ['all', not(has('point_count')), ['>', number('reads'), 1]],
			layout: { 'text-field': written('reads'), 'text-font': BOLD, 'text-size': 11, ...text },
			paint: { 'text-color': onMark(mark) },
		},
		{
			id: 'stops',
			type: 'symbol',
			source: 'stops',
			layout: {
				'icon-image': PILL,
				'icon-text-fit': 'both',
				'icon-text-fit-padding': [1, 2, 1, 2],
				'icon-allow-overlap': true,
				'icon-ignore-placement': true,
				'text-field': ['get', 'label'],
				'text-font': BOLD,
				'text-size': 12,
				'text-max-width': 30,
				'symbol-sort-key': ['-', 0, number('number')],
				'symbol-z-order': 'source',
				...text,
			},
			paint: { 'text-color': colours.onMark },
		},
		{
			id: 'chosen-halo',
			type: 'circle',
			source: 'chosen',
			filter: ['==', ['get', 'role'], 'selected'],
			paint: {
				'circle-color': CLEAR,
				'circle-radius': number('radius'),
				'circle-stroke-color': pane,
				'circle-stroke-width': 6,
			},
		},
		{
			id: 'chosen-ring',
			type: 'circle',
			source: 'chosen',
			// A stop's label is not drawn again when the pointer is over it: it gets a thin ring.
			filter: ['any', ['==', ['get', 'role'], 'selected'], ['==', ['get', 'dot'], false]],
			paint: {
				'circle-color': CLEAR,
				'circle-radius': ['+', number('radius'), 1.5],
				'circle-stroke-color': ink,
				'circle-stroke-width': ['case', ['==', ['get', 'role'], 'selected'], 3, 1.5],
			},
		},
		{
			id: 'chosen',
			type: 'circle',
			source: 'chosen',
			filter: ['==', ['get', 'dot'], true],
			paint: {
				'circle-color': filled(mark),
				'circle-radius': ['case', ['==', ['get', 'role'], 'hovered'], ['+', number('size'), 3], number('size')],
				'circle-stroke-color': edged(mark),
				'circle-stroke-width': 2,
			},
		},
		{
			id: 'chosen-counts',
			type: 'symbol',
			source: 'chosen',
			filter: ['all', ['==', ['get', 'dot'], true], ['>', number('reads'), 1]],
			layout: { 'text-field': written('reads'), 'text-font': BOLD, 'text-size': 11, ...text },
			paint: { 'text-color': onMark(mark) },
		},
	];
	return { below, above };
}

/** Marks that answer to the pointer, the first is asked first. */
export const POINTED = ['chosen', 'stops', 'clusters', 'places', 'cameras', 'cells', 'areas'] as const;
export type Pointed = (typeof POINTED)[number];
