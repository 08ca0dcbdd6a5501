/** Areas that a person keeps under a name at the service. */
import { api, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import type { Areas, LonLat } from './areas.svelte';

export interface SavedView {
	id: number | string;
	name: string;
	areas: Schemas['AreaBody'][];
	/** RFC 3339. */
	saved: string;
}

/** The service's limit. */
export const NAME_MAX = 80;

type Answered = Promise<{ data?: unknown; error?: unknown; response: Response }>;
const call = api as unknown as Record<'GET' | 'POST' | 'DELETE', (path: string, init?: object) => Answered>;
const PATH = '/api/v1/saved-areas';

export class SavedAreas {
	/** Newest first; null until they have come. */
	list = $state.raw<SavedView[] | null>(null);
	problem = $state.raw<Problem | null>(null);
	isSaving = $state(false);

	async load(): Promise<void> {
		await this.#try(async () => {
			this.list = (await take(call.GET(PATH))) as SavedView[];
		});
	}

	/** True when it was saved. */
	async save(name: string, areas: Areas): Promise<boolean> {
		this.isSaving = true;
		const done = await this.#try(async () => {
			const saved = (await take(call.POST(PATH, { body: { name, areas: areas.bodies() } }))) as SavedView;
			this.list = [saved, ...(this.list ?? [])];
		});
		this.isSaving = false;
		return done;
	}

	async remove(id: SavedView['id']): Promise<boolean> {
		return this.#try(async () => {
			await take(call.DELETE(`${PATH}/{id}`, { params: { path: { id } } }));
			this.list = (this.list ?? []).filter((saved) => saved.id !== id);
		});
	}

	async #try(act: () => Promise<void>): Promise<boolean> {
		try {
			await act();
			this.problem = null;
			return true;
		} catch (error) {
			this.problem = Problem.of(error);
			return false;
		}
	}
}

export const ringsOf = (saved: SavedView): LonLat[][][] =>
	saved.areas.map(({ coordinates }) => coordinates as LonLat[][]);
