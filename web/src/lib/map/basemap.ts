/** What the service says the map is drawn on, as a source and layers for MapLibre. */
import type { AddProtocolAction, SourceSpecification } from 'maplibre-gl';
import { api, take, type Schemas } from '../api/client';
import { boundsOf } from './geometry';
import type { LonLat } from './areas.svelte';
import type { Palette } from './palette';
import { emptyMap, NOTHING, pictureMap, streetMap, type Ground } from './style';

export type BasemapView = Schemas['BasemapView'];

export const NO_BASEMAP: BasemapView = { kind: 'none', attribution: '' };

/** Throws a Problem; a service without base maps answers 404. */
export const loadBasemap = (signal: AbortSignal): Promise<BasemapView> => take(api.GET('/api/v1/basemap', { signal }));

export function groundOf(view: BasemapView, colours: Palette): Ground {
	if (!view.url || view.kind === 'none') return emptyMap(colours);
	if (view.kind === 'raster') return pictureMap(colours);
	return streetMap(view.layers ?? (view.kind === 'city' ? 'city' : 'protomaps'), colours);
}

/** The source of those layers. Fetches the city's document; tiles are fetched as they are looked at. */
export async function sourceOf(view: BasemapView, signal: AbortSignal): Promise<SourceSpecification> {
	if (!view.url || view.kind === 'none') return NOTHING;
	const url = new URL(view.url, location.href).href.replaceAll('%7B', '{').replaceAll('%7D', '}');
	const zooms = {
		...(view.min_zoom === undefined || view.min_zoom === null ? {} : { minzoom: view.min_zoom }),
		...(view.max_zoom === undefined || view.max_zoom === null ? {} : { maxzoom: view.max_zoom }),
	};
	switch (view.kind) {
		case 'city': {
			const response = await fetch(url, { signal });
			if (!response.ok) throw new Error(`The base map answered ${response.status}`);
			const data = withoutEdge((await response.json()) as GeoJSON.FeatureCollection);
			return { type: 'geojson', data, tolerance: 0.2, maxzoom: 16 };
		}
		case 'pmtiles':
			return { type: 'vector', url: `pmtiles://${url}`, ...zooms };
		case 'vector':
			return { type: 'vector', ...tiled(url), ...zooms };
		case 'raster':
			return { type: 'raster', tileSize: 256, ...tiled(url), ...zooms };
	}
}

/** A template of tiles, or a TileJSON document that holds one. */
const tiled = (url: string): { tiles: string[] } | { url: string } =>
	url.includes('{z}') ? { tiles: [url] } : { url };

/** How PMTiles files are read in ranges. Loaded only where a deployment uses one. */
export async function pmtiles(): Promise<AddProtocolAction> {
	const { Protocol } = await import('pmtiles');
	return new Protocol().tile;
}

/** How far the sea of the city goes on beyond its document, in degrees. */
const BEYOND = 5;

/** The city's document ends in the middle of the sea; the drawn sea goes on, or the map would show its cut edge. */
export function withoutEdge(city: GeoJSON.FeatureCollection): GeoJSON.FeatureCollection {
	const rings = city.features.flatMap(({ geometry, properties }) =>
		geometry.type === 'Polygon' && properties?.kind === 'ocean' ? geometry.coordinates : [],
	) as LonLat[][];
	for (const ring of rings) {
		const bounds = boundsOf(ring)!;
		for (const corner of ring) {
			// The coast meets the north and south edges: there it goes straight on.
			if (corner[0] === bounds[0]) corner[0] -= BEYOND;
			if (corner[1] === bounds[1]) corner[1] -= BEYOND;
			if (corner[1] === bounds[3]) corner[1] += BEYOND;
		}
	}
	return city;
}
