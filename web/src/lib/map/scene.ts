/** The map itself: MapLibre with our base map and marks. Loaded when a map is shown, because it is large. */
import {
	addProtocol,
	Map as MapLibre,
	setWorkerUrl,
	type GeoJSONSource,
	type LayerSpecification,
	type MapGeoJSONFeature,
	type MapLayerMouseEvent,
	type StyleSpecification,
} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import worker from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url';
import latin400 from '@fontsource/public-sans/files/public-sans-latin-400-normal.woff2?url';
import latin600 from '@fontsource/public-sans/files/public-sans-latin-600-normal.woff2?url';
import ext400 from '@fontsource/public-sans/files/public-sans-latin-ext-400-normal.woff2?url';
import ext600 from '@fontsource/public-sans/files/public-sans-latin-ext-600-normal.woff2?url';
import type { LonLat } from './areas.svelte';
import { groundOf, NO_BASEMAP, pmtiles, sourceOf, type BasemapView } from './basemap';
import type { Bounds } from './geometry';
import { graticule } from './graticule';
import { paintImages } from './images';
import { GATHER_UNTIL, overlay, POINTED, SOURCES, type OverlaySource, type Pointed } from './overlay';
import { DARK, LIGHT, type Palette } from './palette';
import { BOLD, GROUND, NOTHING, REGULAR } from './style';

setWorkerUrl(worker);

/** Where nothing else is known. */
const OPENS_AT: LonLat = [-98, 39];
const MARGIN = 64;
/** The tools lie along the upper edge. */
const MARGIN_TOP = 96;
/** How near the pointer must be to a mark, in pixels; a finger covers more. */
const NEAR = 3;
const NEAR_FINGER = 12;
/** How long after a drawing ended its last click may still arrive. */
const LAST_CLICK_MS = 350;
const LATIN = ['U+0000-00FF', 'U+0131', 'U+0152-0153', 'U+02BB-02BC', 'U+2000-206F', 'U+2074', 'U+20AC', 'U+2122'];
const LATIN_EXT = ['U+0100-02AF', 'U+1E00-1EFF', 'U+20A0-20AB', 'U+2C60-2C7F', 'U+A720-A7FF'];

/** What the pointer is over. */
export interface Target {
	layer: Pointed;
	properties: Record<string, unknown>;
	at: LonLat;
	/** Pixels from the map's top left corner. */
	x: number;
	y: number;
}

export interface SceneEvents {
	point: (target: Target | null) => void;
	pick: (target: Target | null) => void;
	/** The view has moved. */
	move: () => void;
	idle: (idle: boolean) => void;
	fault: (text: string) => void;
	/** Tiles of the base map came, or did not. */
	ground: (came: boolean) => void;
}

export class Scene {
	readonly map: MapLibre;
	#colours: Palette;
	#basemap: BasemapView = NO_BASEMAP;
	#events: SceneEvents;
	/** What is shown whole until somebody moves the map; it stays whole when the map gets another size. */
	#fitted: Bounds | null = null;
	#pointing = true;
	#pointingSince = 0;

	private constructor(map: MapLibre, colours: Palette, events: SceneEvents) {
		this.map = map;
		this.#colours = colours;
		this.#events = events;
		map.touchZoomRotate.disableRotation();
		map.keyboard.disableRotation();
		map.on('error', ({ error, ...about }) => {
			events.fault(error.message);
			if ('sourceId' in about && about.sourceId === GROUND) events.ground(false);
		});
		map.on('sourcedata', ({ sourceId, tile }) => sourceId === GROUND && tile && events.ground(true));
		map.on('idle', () => events.idle(true));
		map.on('movestart', (event) => {
			events.idle(false);
			if ('originalEvent' in event && event.originalEvent) this.#fitted = null;
		});
		map.on('resize', () => this.#fitted && this.fit(this.#fitted));
		map.on('dataloading', () => events.idle(false));
		map.on('move', events.move);
		map.on('moveend', () => this.#drawGraticule());
		map.on('mousemove', (event) => this.#pointed(event));
		map.on('mouseout', () => events.point(null));
		map.on('click', (event) => this.#picked(event));
		paintImages(map, colours);
		this.#drawGraticule();
	}

	/** Resolves when marks can be set; the base map may still be on its way. Rejects, and leaves nothing, when aborted. */
	static async open(
		container: HTMLElement,
		{
			dark,
			centre,
			events,
			signal,
		}: { dark: boolean; centre: LonLat | null; events: SceneEvents; signal: AbortSignal },
	): Promise<Scene> {
		const colours = dark ? DARK : LIGHT;
		const map = new MapLibre({
			container,
			style: styleOf(NO_BASEMAP, colours),
			center: centre ?? OPENS_AT,
			zoom: centre ? 11.6 : 3,
			maxZoom: 20,
			maxPitch: 0,
			dragRotate: false,
			pitchWithRotate: false,
			touchPitch: false,
			attributionControl: false,
			fadeDuration: 0,
			// Symbols that cross the edges of the small city's tiles are placed once.
			crossSourceCollisions: true,
		});
		await new Promise<void>((resolve, reject) => {
			const abort = () => {
				map.remove();
				reject(signal.reason as Error);
			};
			signal.addEventListener('abort', abort, { once: true });
			map.once('load', () => {
				signal.removeEventListener('abort', abort);
				resolve();
			});
		});
		return new Scene(map, colours, events);
	}

	close(): void {
		this.map.remove();
	}

	/** Draws what the service says the map is drawn on. Throws where it cannot be loaded; the ground stays plain then. */
	async setBasemap(view: BasemapView, signal: AbortSignal): Promise<void> {
		if (view.kind === 'pmtiles') addProtocol('pmtiles', await pmtiles());
		const source = await sourceOf(view, signal);
		if (signal.aborted) return;
		const { map } = this;
		const old = groundOf(this.#basemap, this.#colours);
		for (const { id } of [...old.below, ...old.names]) map.removeLayer(id);
		map.removeSource(GROUND);
		this.#basemap = view;
		map.addSource(GROUND, source);
		const { below, names } = groundOf(view, this.#colours);
		for (const layer of below) map.addLayer(layer, overlay(this.#colours).below[0]!.id);
		for (const layer of names) map.addLayer(layer, overlay(this.#colours).above[0]!.id);
		this.#drawGraticule();
	}

	/** The other scheme, without loading anything anew. */
	setDark(dark: boolean): void {
		const colours = dark ? DARK : LIGHT;
		if (colours === this.#colours) return;
		this.#colours = colours;
		paintImages(this.map, colours);
		for (const { id, paint } of layersOf(this.#basemap, colours)) {
			for (const [property, value] of Object.entries(paint ?? {}))
				this.map.setPaintProperty(id, property as Parameters<MapLibre['setPaintProperty']>[1], value);
		}
	}

	set(source: OverlaySource, features: GeoJSON.Feature[]): void {
		this.map.getSource<GeoJSONSource>(source)?.setData({ type: 'FeatureCollection', features });
	}

	/** Shows all of a box, no nearer than a few streets. */
	fit(bounds: Bounds): void {
		const [west, south, east, north] = bounds;
		const { clientWidth, clientHeight } = this.map.getContainer();
		const margin = Math.min(MARGIN, clientWidth / 6, clientHeight / 6);
		const padding = { left: margin, right: margin, bottom: margin, top: Math.min(MARGIN_TOP, clientHeight / 5) };
		this.map.fitBounds([west, south, east, north], { padding, maxZoom: 16.5, duration: 0 });
		this.#fitted = bounds;
	}

	/** Moves to a place that was typed, and marks it. */
	goTo(place: LonLat, zoom = 15.5): void {
		this.#fitted = null;
		this.set('sought', [{ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: place } }]);
		this.map.jumpTo({ center: place, zoom: Math.max(this.map.getZoom(), zoom) });
	}

	zoomBy(steps: number): void {
		this.#fitted = null;
		this.map.easeTo({ zoom: this.map.getZoom() + steps, duration: 180 });
	}

	/** Moves just so far that a place is well on the screen. */
	keepInView(place: LonLat): void {
		const { x, y } = this.map.project(place);
		const { clientWidth: width, clientHeight: height } = this.map.getContainer();
		const short = (value: number, size: number, before: number) => {
			const [first, last] = [Math.min(before, size / 4), Math.min(MARGIN, size / 4)];
			return value < first ? value - first : value > size - last ? value - size + last : 0;
		};
		const by: [number, number] = [short(x, width, MARGIN), short(y, height, MARGIN_TOP)];
		if (by[0] === 0 && by[1] === 0) return;
		this.#fitted = null;
		this.map.panBy(by, { duration: 240 });
	}

	/** Opens a cluster: so near that it falls apart. */
	async expand(cluster: number, at: LonLat): Promise<void> {
		const zoom = await this.map.getSource<GeoJSONSource>('reads')?.getClusterExpansionZoom(cluster);
		this.#fitted = null;
		this.map.easeTo({ center: at, zoom: Math.min(zoom ?? 15, GATHER_UNTIL + 1) + 0.2, duration: 240 });
	}

	/** Streets of the base map within some pixels, as far as they are drawn. */
	streetsNear(x: number, y: number, near: number): LonLat[][] {
		const layers = ['freeway', 'arterial', 'collector', 'residential'].map((name) => `street-${name}`);
		const box: [[number, number], [number, number]] = [
			[x - near, y - near],
			[x + near, y + near],
		];
		const known = layers.filter((layer) => this.map.getLayer(layer));
		return this.map.queryRenderedFeatures(box, { layers: known }).flatMap(({ geometry }) => {
			if (geometry.type === 'LineString') return [geometry.coordinates as LonLat[]];
			return geometry.type === 'MultiLineString' ? (geometry.coordinates as LonLat[][]) : [];
		});
	}

	set cursor(cursor: string) {
		this.map.getCanvas().style.cursor = cursor;
	}

	/** Off while something is drawn: then a click sets a corner. The click that ended the drawing is not one on the map. */
	set pointing(on: boolean) {
		if (on && !this.#pointing) this.#pointingSince = performance.now();
		this.#pointing = on;
		if (!on) this.#events.point(null);
	}

	#pointed(event: MapLayerMouseEvent | { point: { x: number; y: number } }): void {
		if (!this.#pointing) return;
		const target = this.#targetAt(event.point, NEAR);
		this.cursor = target && target.layer !== 'cells' ? 'pointer' : '';
		this.#events.point(target);
	}

	#picked(event: { point: { x: number; y: number } }): void {
		if (!this.#pointing || performance.now() - this.#pointingSince < LAST_CLICK_MS) return;
		this.set('sought', []);
		const near = matchMedia('(pointer: coarse)').matches ? NEAR_FINGER : NEAR;
		this.#events.pick(this.#targetAt(event.point, near));
	}

	/** What a click at the middle would pick, for the keyboard. */
	pickMiddle(): void {
		const { clientWidth, clientHeight } = this.map.getContainer();
		this.#events.pick(this.#targetAt({ x: clientWidth / 2, y: clientHeight / 2 }, NEAR_FINGER));
	}

	#targetAt({ x, y }: { x: number; y: number }, near: number): Target | null {
		const box: [[number, number], [number, number]] = [
			[x - near, y - near],
			[x + near, y + near],
		];
		const found = this.map.queryRenderedFeatures(box, { layers: [...POINTED] });
		for (const layer of POINTED) {
			const feature = found.find((one) => one.layer.id === layer);
			if (feature) return { layer, properties: feature.properties, at: placeOf(feature) ?? this.#placeAt(x, y), x, y };
		}
		return null;
	}

	#placeAt(x: number, y: number): LonLat {
		const { lng, lat } = this.map.unproject([x, y]);
		return [lng, lat];
	}

	get bounds(): Bounds {
		const bounds = this.map.getBounds();
		return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
	}

	#drawGraticule(): void {
		if (this.#basemap.kind !== 'none' && this.#basemap.url) return;
		this.map.getSource<GeoJSONSource>(GROUND)?.setData(graticule(this.bounds));
	}
}

const placeOf = ({ geometry }: MapGeoJSONFeature): LonLat | null =>
	geometry.type === 'Point' ? (geometry.coordinates as LonLat) : null;

function layersOf(view: BasemapView, colours: Palette): LayerSpecification[] {
	const ground = groundOf(view, colours);
	const marks = overlay(colours);
	return [...ground.below, ...marks.below, ...ground.names, ...marks.above];
}

function styleOf(view: BasemapView, colours: Palette): StyleSpecification {
	const font = (url: string, range: string[]) => ({ url: new URL(url, location.href).href, 'unicode-range': range });
	return {
		version: 8,
		'font-faces': {
			[REGULAR[0]!]: [font(latin400, LATIN), font(ext400, LATIN_EXT)],
			[BOLD[0]!]: [font(latin600, LATIN), font(ext600, LATIN_EXT)],
		},
		sources: {
			[GROUND]: NOTHING,
			...Object.fromEntries(SOURCES.map((source) => [source, NOTHING])),
			reads: {
				type: 'geojson',
				data: { type: 'FeatureCollection', features: [] },
				cluster: true,
				clusterRadius: 34,
				clusterMaxZoom: GATHER_UNTIL,
				clusterProperties: {
					sum: ['+', ['get', 'reads']],
					solid: ['max', ['get', 'solid']],
					first: ['min', ['get', 'area']],
					last: ['max', ['get', 'area']],
				},
			},
		},
		layers: layersOf(view, colours),
	};
}
