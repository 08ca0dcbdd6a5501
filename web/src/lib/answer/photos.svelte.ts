/**
 * Photos of an answer. Each opening is recorded by the service, so only what a person has in view is opened, in
 * batches, and kept until the answer closes.
 */
import { SvelteMap } from 'svelte/reactivity';
import { Problem } from '../api/problem';
import { openPhoto, openPhotos, photoKey, type PhotoName } from './service';

/** At most so many are asked for at once. */
const BATCH = 24;
/** So many stay in memory; the oldest that are out of view go first, and would be opened and recorded anew. */
const KEPT_MAX = 1_000;
/** Scrolling past opens nothing. */
const SETTLE_MS = 160;

export type Photo = { url: string } | { gone: string };

/** The batch route answered that it is not there: an older service. Photos are then opened one by one. */
let isSingle = false;

export class Photos {
	readonly #found = new SvelteMap<string, Photo>();
	#query: string | null = null;
	#wanted: PhotoName[] = [];
	#running: AbortController | null = null;
	#settle: ReturnType<typeof setTimeout> | undefined;

	open(query: string): void {
		this.close();
		this.#query = query;
	}

	/** What there is of a photo; undefined while it is not opened or on its way. */
	of(detection: string, number: number): Photo | undefined {
		return this.#found.get(photoKey({ detection, number }));
	}

	/** These are in view now; what was wanted before and has not been asked for is dropped. */
	want(photos: PhotoName[], isUrgent = false): void {
		this.#wanted = photos.filter((photo) => !this.#found.has(photoKey(photo)));
		clearTimeout(this.#settle);
		if (this.#wanted.length === 0) return;
		this.#settle = setTimeout(() => void this.#run(), isUrgent ? 0 : SETTLE_MS);
	}

	close(): void {
		clearTimeout(this.#settle);
		this.#running?.abort();
		this.#running = null;
		this.#wanted = [];
		this.#query = null;
		for (const photo of this.#found.values()) if ('url' in photo) URL.revokeObjectURL(photo.url);
		this.#found.clear();
	}

	async #run(): Promise<void> {
		if (this.#running) return;
		const query = this.#query;
		const running = (this.#running = new AbortController());
		try {
			while (this.#wanted.length && query && !running.signal.aborted) {
				const batch = this.#wanted.splice(0, BATCH);
				if (isSingle) await this.#one(query, batch.slice(0, 1), running.signal);
				else await this.#many(query, batch, running.signal);
				if (isSingle && batch.length > 1)
					this.#wanted.unshift(...batch.filter((photo) => !this.#found.has(photoKey(photo))));
			}
		} finally {
			if (this.#running === running) this.#running = null;
		}
	}

	async #many(query: string, batch: PhotoName[], signal: AbortSignal): Promise<void> {
		try {
			const blobs = await openPhotos(query, batch, signal);
			if (signal.aborted) return;
			for (const photo of batch) this.#keep(photo, blobs.get(photoKey(photo)));
		} catch (error) {
			if (signal.aborted) return;
			const problem = Problem.of(error);
			if (problem.status === 404 || problem.status === 405) isSingle = true;
			else for (const photo of batch) this.#found.set(photoKey(photo), { gone: problem.what });
		}
	}

	async #one(query: string, batch: PhotoName[], signal: AbortSignal): Promise<void> {
		for (const photo of batch) {
			try {
				const blob = await openPhoto(query, photo, signal);
				if (!signal.aborted) this.#keep(photo, blob);
			} catch (error) {
				if (signal.aborted) return;
				const problem = Problem.of(error);
				this.#found.set(photoKey(photo), { gone: problem.status === 404 ? GONE : problem.what });
			}
		}
	}

	#keep(photo: PhotoName, blob: Blob | undefined): void {
		this.#found.set(photoKey(photo), blob ? { url: URL.createObjectURL(blob) } : { gone: GONE });
		if (this.#found.size <= KEPT_MAX) return;
		const wanted = new Set(this.#wanted.map(photoKey));
		for (const [key, old] of this.#found) {
			if (wanted.has(key)) continue;
			if ('url' in old) URL.revokeObjectURL(old.url);
			this.#found.delete(key);
			return;
		}
	}
}

const GONE = 'This photo cannot be opened.';
