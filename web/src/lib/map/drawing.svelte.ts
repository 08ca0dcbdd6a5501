/** Drawing and editing areas on the map: what is in hand, how large it is, and what comes of it. */
import type { GeoJSONStoreFeatures, TerraDrawMouseEvent } from 'terra-draw';
import { toasts } from '../ui/toasts.svelte';
import { areaLetter } from '../words/areas';
import { metres, squareMetres } from '../words/numbers';
import type { Along, Areas, DrawnArea, LonLat, Shape, Tool } from './areas.svelte';
import { AREAS_MAX, writePlace } from './coordinates';
import { corridor } from './corridor';
import {
	boundsOf,
	closed,
	crossesItself,
	crossing,
	holeFault,
	lengthOf,
	metresBetween,
	open,
	size,
	rounded,
} from './geometry';
import type { Scene } from './scene';
import type { Mode, Terra } from './terra';

const MODES: Record<Tool, Mode> = {
	move: 'static',
	edit: 'select',
	hole: 'polygon',
	polygon: 'polygon',
	rectangle: 'rectangle',
	circle: 'circle',
	corridor: 'linestring',
};

/** How near to a corner a click snaps to it, in pixels. */
const SNAP = 9;
export const WIDTH_MIN = 5;
export const WIDTH_MAX = 5_000;

export class Drawing {
	/** Corners set so far of what is being drawn. */
	corners = $state(0);
	/** Square metres of what is drawn or dragged, roughly; null before there is ground. */
	size = $state<number | null>(null);
	/** Radius of a circle, length of a corridor, in metres. */
	reach = $state<number | null>(null);
	crosses = $state(false);
	/** Of a corridor, in metres. */
	width = $state(100);
	readonly #areas: Areas;
	readonly #scene: Scene;
	readonly #terra: Terra;
	/** Rings of the area in hand, by Terra Draw's ids; 0 is the outline or a corridor's line. */
	#edited: { id: number; ring: number }[] = [];
	#editing: number | null = null;
	#line: LonLat[] = [];
	/** The last corner came from the keyboard: then the line follows the middle of the map. */
	#byKeys = false;
	#tool = $state<Tool>('move');

	constructor(areas: Areas, scene: Scene, make: (snap: (event: TerraDrawMouseEvent) => LonLat | undefined) => Terra) {
		this.#areas = areas;
		this.#scene = scene;
		this.#terra = make((event) => this.#snap(event));
		this.#terra.draw.on('change', () => this.#changed());
		this.#terra.draw.on('finish', (id, { action }) => {
			// Terra Draw goes on with the feature after this; what removes it must wait.
			queueMicrotask(() => (action === 'draw' ? this.#drawn(Number(id)) : this.#edit(Number(id), action)));
		});
		const canvas = scene.map.getCanvas();
		canvas.addEventListener('pointermove', () => (this.#byKeys = false));
		scene.map.on('move', () => this.#byKeys && this.#terra.keyed(this.#mode)?.onMouseMove(this.#middle()));
	}

	setDark(dark: boolean): void {
		this.#terra.setDark(dark);
	}

	/** Before the map goes. */
	close(): void {
		this.#terra.draw.stop();
	}

	get #mode(): Mode {
		return MODES[this.#tool];
	}

	get isDrawing(): boolean {
		return this.#tool !== 'move' && this.#tool !== 'edit';
	}

	/** Takes a tool in hand; what was half drawn is given up. */
	take(tool: Tool): void {
		const { draw } = this.#terra;
		this.#stopEditing();
		this.#tool = tool;
		this.#reset();
		draw.setMode('static');
		draw.clear();
		draw.setMode(MODES[tool]);
		this.#scene.pointing = tool === 'move';
		if (tool === 'move') this.#scene.cursor = '';
		if (tool === 'edit') this.#beginEdit();
		if (tool !== 'move') this.#scene.set('sought', []);
		if (this.isDrawing) this.#scene.map.getCanvas().focus({ preventScroll: true });
	}

	/** A corner at the middle of the map, for the keyboard. */
	corner(): void {
		const keyed = this.#terra.keyed(this.#mode);
		if (!keyed) return;
		this.#byKeys = true;
		const middle = this.#middle();
		keyed.onMouseMove(middle);
		keyed.onClick(middle);
	}

	finish(): void {
		if (this.#tool === 'edit') this.#areas.tool = 'move';
		this.#terra.keyed(this.#mode)?.onKeyUp({ key: 'Enter', heldKeys: [], preventDefault: () => {} });
	}

	/** Takes the last corner back. */
	undo(): void {
		if (this.corners > 0 && this.#terra.draw.canUndo()) this.#terra.draw.undo();
		else this.#areas.tool = 'move';
	}

	/** The width of the corridor in hand. */
	widen(width: number): void {
		this.width = Math.min(WIDTH_MAX, Math.max(WIDTH_MIN, width));
		const area = this.#areas.find(this.#editing);
		if (this.#tool === 'edit' && area?.along) this.#reshape(area, { ...area.along, width: this.width });
		else this.#showCorridor();
	}

	#reset(): void {
		this.corners = 0;
		this.size = null;
		this.reach = null;
		this.crosses = false;
		this.#line = [];
		this.#byKeys = false;
		this.#scene.set('draft', []);
	}

	/** A click at the middle of the map. */
	#middle(): TerraDrawMouseEvent {
		const { clientWidth, clientHeight } = this.#scene.map.getContainer();
		const [containerX, containerY] = [clientWidth / 2, clientHeight / 2];
		const { lng, lat } = this.#scene.map.unproject([containerX, containerY]);
		const [lon7, lat7] = rounded([lng, lat]);
		return { lng: lon7, lat: lat7, containerX, containerY, button: 'left', heldKeys: [], isContextMenu: false };
	}

	/** The feature in hand: the one that is drawn, or the selected one of an area being edited. */
	#inHand(): GeoJSONStoreFeatures | undefined {
		const features = this.#terra.draw.getSnapshot();
		return features.find(({ properties }) => properties.currentlyDrawing === true || properties.selected === true);
	}

	#changed(): void {
		const feature = this.#inHand();
		if (!feature) {
			if (this.corners > 0) this.#reset();
			return;
		}
		const { geometry, properties } = feature;
		if (geometry.type === 'LineString') {
			this.#line = geometry.coordinates as LonLat[];
			this.corners = Number(properties.committedCoordinateCount ?? this.#line.length - 1);
			this.reach = lengthOf(this.#line);
			this.#showCorridor();
		} else if (geometry.type === 'Polygon') {
			const ring = geometry.coordinates[0] as LonLat[];
			this.corners = Number(properties.committedCoordinateCount ?? open(ring).length);
			this.size = open(ring).length > 2 ? size([ring]) : null;
			this.reach = properties.mode === 'circle' ? radiusOf(ring) : null;
			this.crosses = properties.mode === 'polygon' && crossesItself(ring);
		}
	}

	#showCorridor(): void {
		if (this.#mode !== 'linestring' && this.#edited.length === 0) return;
		const rings = this.#line.length > 1 ? corridor(this.#line, this.width) : [];
		this.size = rings.length ? size(rings) : null;
		const geometry: GeoJSON.Polygon = { type: 'Polygon', coordinates: rings };
		this.#scene.set('draft', rings.length ? [{ type: 'Feature', properties: {}, geometry }] : []);
	}

	#drawn(id: number): void {
		const feature = this.#terra.draw.getSnapshotFeature(id);
		if (!feature) return;
		const tool = this.#tool;
		const { geometry } = feature;
		const again = (why: string) => {
			toasts.show(`${why}. Draw it again.`, 'bad');
			this.take(tool);
		};
		if (geometry.type === 'LineString') {
			const along: Along = { line: (geometry.coordinates as LonLat[]).map(rounded), width: this.width };
			const rings = corridor(along.line, along.width);
			if (rings.length === 0) return again('This line has no length');
			this.#add('corridor', rings, along);
		} else if (geometry.type === 'Polygon') {
			const ring = closed(geometry.coordinates[0]!.map((corner) => rounded(corner as LonLat)));
			if (tool === 'hole') return this.#addHole(ring, again);
			const where = crossing(ring);
			if (where) return again(`The outline crosses or touches itself at ${writePlace(where)}`);
			this.#add(tool as Shape, [ring]);
		}
	}

	#add(shape: Shape, rings: LonLat[][], along?: Along): void {
		if (this.#areas.list.length >= AREAS_MAX) {
			toasts.show(`A question has at most ${AREAS_MAX} areas. Remove one first.`, 'bad');
		} else {
			const area = this.#areas.add(shape, rings, along);
			this.#areas.selected = area.id;
			const letter = areaLetter(this.#areas.list.length - 1);
			toasts.say(`Area ${letter} drawn, ${squareMetres(size(rings))}.`);
		}
		this.#areas.tool = 'move';
	}

	#addHole(ring: LonLat[], again: (why: string) => void): void {
		const area = this.#areas.find(this.#areas.selected);
		if (!area) return;
		const rings = $state.snapshot(area.rings) as LonLat[][];
		const fault = holeFault(ring, rings);
		if (fault) return again(fault);
		this.#areas.reshape(area.id, [...rings, ring], {
			shape: area.shape === 'circle' || area.shape === 'corridor' ? area.shape : 'polygon',
		});
		this.#areas.tool = 'move';
		toasts.say(`Hole added. ${squareMetres(size([...rings, ring]))} remain.`);
	}

	/** Gives the selected area's corners handles. */
	#beginEdit(): void {
		const area = this.#areas.find(this.#areas.selected);
		if (!area) {
			this.#areas.tool = 'move';
			return;
		}
		const { draw } = this.#terra;
		this.#editing = area.id;
		if (area.along) {
			this.width = area.along.width;
			this.#put({ type: 'LineString', coordinates: area.along.line }, 'linestring', 0);
		} else {
			area.rings.forEach((ring, index) => {
				const geometry: GeoJSON.Polygon = { type: 'Polygon', coordinates: [ring] };
				const mode = index === 0 && (area.shape === 'rectangle' || area.shape === 'circle') ? area.shape : 'polygon';
				if (!this.#put(geometry, mode, index)) this.#put(geometry, 'polygon', index);
			});
		}
		const first = this.#edited[0]?.id;
		if (first === undefined) {
			toasts.show('This area cannot be edited by hand. Change its coordinates instead.', 'bad');
			this.#areas.tool = 'move';
			return;
		}
		draw.selectFeature(first);
		this.#scene.pointing = false;
	}

	#put(geometry: GeoJSON.Polygon | GeoJSON.LineString, mode: Mode, ring: number): boolean {
		const id = Number(this.#terra.draw.getFeatureId());
		const plain = JSON.parse(JSON.stringify(geometry)) as typeof geometry;
		const [result] = this.#terra.draw.addFeatures([{ type: 'Feature', id, properties: { mode }, geometry: plain }]);
		if (result?.valid) this.#edited.push({ id, ring });
		return result?.valid === true;
	}

	get editing(): number | null {
		return this.#tool === 'edit' ? this.#editing : null;
	}

	#stopEditing(): void {
		this.#edited = [];
		this.#editing = null;
	}

	/** A corner or the whole was dragged. */
	#edit(id: number, action: string): void {
		const area = this.#areas.find(this.#editing);
		const feature = this.#terra.draw.getSnapshotFeature(id);
		const ring = this.#edited.find((one) => one.id === id)?.ring;
		if (!area || !feature || ring === undefined) return;
		const { geometry } = feature;
		if (geometry.type === 'LineString') {
			this.#reshape(area, { line: (geometry.coordinates as LonLat[]).map(rounded), width: this.width });
			return;
		}
		if (geometry.type !== 'Polygon') return;
		const changed = closed(geometry.coordinates[0]!.map((corner) => rounded(corner as LonLat)));
		const before = $state.snapshot(area.rings) as LonLat[][];
		const rings = before.map((old, index) => (index === ring ? changed : old));
		const moved = ring === 0 && action === 'dragFeature' && before.length > 1;
		if (moved) {
			const by = [changed[0]![0] - before[0]![0]![0], changed[0]![1] - before[0]![0]![1]] as const;
			for (let index = 1; index < rings.length; index++)
				rings[index] = rings[index]!.map(([lon, lat]) => rounded([lon + by[0], lat + by[1]]));
		}
		const [outline = [], ...holes] = rings;
		const bad = holes
			.map((hole, index) => holeFault(hole, [outline, ...holes.filter((_, other) => other !== index)]))
			.find((why) => why !== null);
		if (bad) {
			toasts.show(`${bad}. The area stays as it was.`, 'bad');
			this.take('edit');
			return;
		}
		const shape = feature.properties.mode === 'polygon' && ring === 0 ? 'polygon' : area.shape;
		this.#areas.reshape(area.id, rings, { shape });
		// The holes that went along get their handles anew.
		if (moved) this.take('edit');
	}

	#reshape(area: DrawnArea, along: Along): void {
		this.#line = along.line;
		this.#areas.reshape(area.id, corridor(along.line, along.width), { along });
		this.#showCorridor();
	}

	/** The nearest corner of an area or a street, where one is near. */
	#snap({ containerX: x, containerY: y }: TerraDrawMouseEvent): LonLat | undefined {
		const { map } = this.#scene;
		let nearest: LonLat | undefined;
		let best = SNAP;
		const consider = (corner: LonLat) => {
			const point = map.project(corner);
			const away = Math.hypot(point.x - x, point.y - y);
			if (away < best) [best, nearest] = [away, corner];
		};
		for (const area of this.#areas.list) {
			if (area.id !== this.#editing) area.rings.forEach((ring) => ring.forEach(consider));
		}
		if (nearest) return rounded(nearest);
		for (const line of this.#scene.streetsNear(x, y, SNAP)) line.forEach(consider);
		return nearest && rounded(nearest);
	}

	/** What to do now, in a line. */
	get instruction(): string {
		const size = this.size === null ? '' : `, about ${squareMetres(this.size)}`;
		switch (this.#tool) {
			case 'move':
				return '';
			case 'edit':
				return this.#editInstruction;
			case 'rectangle':
				return this.corners ? `Click the opposite corner${size}` : 'Click a corner, or drag from corner to corner';
			case 'circle':
				return this.corners && this.reach !== null
					? `Click to set the radius: ${metres(this.reach)}${size}`
					: 'Click the center, or drag from it';
			case 'corridor':
				if (this.corners === 0) return 'Click along the road';
				return `${this.reach === null ? '' : `${metres(this.reach)} long${size}. `}Click to go on; click the last corner to finish`;
			default: {
				const of = this.#tool === 'hole' ? ' of the hole, inside its area' : '';
				if (this.crosses) return 'The outline crosses itself here. Undo the last corner';
				if (this.corners === 0) return `Click to set corners${of}`;
				if (this.corners < 3) return `Click to set more corners${of}`;
				return `Click to set corners; click the first to close${size}`;
			}
		}
	}

	get #editInstruction(): string {
		const area = this.#areas.find(this.#areas.selected);
		const size = this.size === null ? '' : `About ${squareMetres(this.size)}. `;
		if (area?.along) return `${size}Drag the corners of the line, or the points between them to add one`;
		if (area?.shape === 'circle')
			return `${this.reach === null ? '' : `Radius ${metres(this.reach)}. `}${size}Drag the edge, or the inside to move it`;
		if (area?.shape === 'rectangle') return `${size}Drag a corner, or the inside to move it`;
		return `${size}Drag corners, or the points between them to add one. Right-click a corner to remove it`;
	}

	/** Something can be finished or undone. */
	get canFinish(): boolean {
		if (this.#tool === 'edit') return true;
		return this.corners >= (this.#mode === 'polygon' ? 3 : this.#mode === 'linestring' ? 2 : 1);
	}
}

/** From the middle to the first corner. */
function radiusOf(ring: LonLat[]): number {
	const [west, south, east, north] = boundsOf(ring)!;
	return metresBetween([west, (south + north) / 2], [east, (south + north) / 2]) / 2;
}
