/** The areas of the question being written: drawn, typed or saved, each with a letter by its place in the list. */
import { api, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';

/** `[longitude, latitude]` in degrees. */
export type LonLat = [number, number];
export type Shape = 'polygon' | 'rectangle' | 'circle' | 'corridor';
/** What a click on the map does: `move` looks and selects, `edit` drags the selected area's corners, the others draw. */
export type Tool = 'move' | 'edit' | 'hole' | Shape;

/** A corridor keeps the line that it was made from, so that the line can be edited. */
export interface Along {
	line: LonLat[];
	/** Of the whole corridor, in metres. */
	width: number;
}

export interface DrawnArea {
	/** Stays the same while the area is edited. */
	id: number;
	shape: Shape;
	/** GeoJSON rings, closed: the outline first, then holes. */
	rings: LonLat[][];
	/** Square metres as the service measured them; null until it has. */
	squareMetres: number | null;
	/** Corridors only; gone once the outline itself was changed. */
	along?: Along;
	/** Common plate only: a frame of this area's own, as `datetime-local` values in the agency's zone. */
	from?: string;
	to?: string;
}

export class Areas {
	list = $state<DrawnArea[]>([]);
	/** The area that is highlighted on the map and in the form. */
	selected = $state<number | null>(null);
	/** Fixed cameras inside any of them; null until measured. */
	cameras = $state<number | null>(null);
	/** Square metres of all of them, each place counted once; null until the service has measured. */
	squareMetres = $state<number | null>(null);
	/** What is left of one's own budget of area and time; null until it is known. */
	budget = $state.raw<Schemas['AreaBudgetView'] | null>(null);
	/** Why they could not be measured, such as a ring that crosses itself. */
	problem = $state.raw<Problem | null>(null);
	/** The tool in hand; set it to begin drawing from elsewhere on the page. */
	tool = $state<Tool>('move');
	/** What the map is to show next: an area, all of them, or a place. Set by the methods below, read by the map. */
	wanted = $state.raw<{ area: number } | { place: LonLat } | 'all' | null>(null);
	#next = 1;
	#measuring: AbortController | null = null;

	add(shape: Shape, rings: LonLat[][], along?: Along): DrawnArea {
		const area: DrawnArea = { id: this.#next++, shape, rings, squareMetres: null, ...(along ? { along } : {}) };
		this.list.push(area);
		void this.measure();
		return area;
	}

	/** Several at once, measured together: typed, pasted or saved ones. */
	addAll(shapes: { shape: Shape; rings: LonLat[][] }[]): void {
		this.list.push(...shapes.map(({ shape, rings }) => ({ id: this.#next++, shape, rings, squareMetres: null })));
		void this.measure();
	}

	/** A corridor without its line, or a circle with a moved corner, is a polygon from then on. */
	reshape(id: number, rings: LonLat[][], { shape, along }: { shape?: Shape; along?: Along } = {}): void {
		const area = this.list.find((other) => other.id === id);
		if (!area) return;
		area.rings = rings;
		area.squareMetres = null;
		if (shape) area.shape = shape;
		if (along) area.along = along;
		else delete area.along;
		void this.measure();
	}

	find(id: number | null): DrawnArea | undefined {
		return this.list.find((area) => area.id === id);
	}

	/** Moves the map to an area, to all of them, or to a place. */
	show(wanted: { area: number } | { place: LonLat } | 'all'): void {
		this.wanted = typeof wanted === 'string' ? wanted : { ...wanted };
	}

	remove(id: number): void {
		this.list = this.list.filter((area) => area.id !== id);
		if (this.selected === id) {
			this.selected = null;
			if (this.tool === 'edit' || this.tool === 'hole') this.tool = 'move';
		}
		void this.measure();
	}

	clear(): void {
		this.#measuring?.abort();
		this.list = [];
		this.selected = null;
		this.cameras = null;
		this.squareMetres = null;
		this.budget = null;
		this.problem = null;
		this.tool = 'move';
	}

	/** As the API wants them; frames of their own are added by the question. */
	bodies(): Schemas['AreaBody'][] {
		return this.list.map(({ rings }) => ({ type: 'Polygon', coordinates: rings }));
	}

	/** Size and cameras from the service: what may be known before a recorded preview. The last call wins. */
	async measure(): Promise<void> {
		this.#measuring?.abort();
		this.squareMetres = null;
		if (this.list.length === 0) {
			this.cameras = null;
			this.budget = null;
			this.problem = null;
			return;
		}
		const measuring = (this.#measuring = new AbortController());
		const ids = this.list.map(({ id }) => id);
		try {
			const { signal } = measuring;
			const measured = await take(api.POST('/api/v1/areas/measure', { body: { areas: this.bodies() }, signal }));
			ids.forEach((id, index) => {
				const area = this.list.find((other) => other.id === id);
				if (area) area.squareMetres = measured.square_metres[index] ?? null;
			});
			this.cameras = measured.cameras;
			this.squareMetres = measured.together_square_metres;
			this.budget = measured.budget;
			this.problem = null;
		} catch (error) {
			if (measuring.signal.aborted) return;
			this.cameras = null;
			this.problem = Problem.of(error);
		}
	}
}
