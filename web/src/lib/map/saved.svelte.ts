/** Areas that a person keeps under a name at the service. */
import { api, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import type { Areas, LonLat } from './areas.svelte';

export type SavedView = Schemas['SavedAreasView'];

/** The service's limit. */
export const NAME_MAX = 80;

export class SavedAreas {
	/** Newest first; null until they have come. */
	list = $state.raw<SavedView[] | null>(null);
	problem = $state.raw<Problem | null>(null);
	isSaving = $state(false);

	async load(): Promise<void> {
		await this.#try(async () => {
			this.list = await take(api.GET('/api/v1/saved-areas'));
		});
	}

	/** True when it was saved. */
	async save(name: string, areas: Areas): Promise<boolean> {
		this.isSaving = true;
		const done = await this.#try(async () => {
			const saved = await take(api.POST('/api/v1/saved-areas', { body: { name, areas: areas.bodies() } }));
			this.list = [saved, ...(this.list ?? [])];
		});
		this.isSaving = false;
		return done;
	}

	async remove(id: SavedView['id']): Promise<boolean> {
		return this.#try(async () => {
			await take(api.DELETE('/api/v1/saved-areas/{id}', { params: { path: { id } } }));
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
