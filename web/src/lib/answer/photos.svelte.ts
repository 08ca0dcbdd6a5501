/**
 * Photos of an answer. Each opening is recorded by the service, so only what a person has in view is opened, in
 * batches, and kept until the answer closes.
 */
import { SvelteMap } from 'svelte/reactivity';
import { Problem } from '../api/problem';
import { openPhotos, photoKey, type PhotoName } from './service';

/** At most so many are asked for at once. */
const BATCH = 24;
/** So many stay in memory; the oldest that are out of view go first, and would be opened and recorded anew. */
const KEPT_MAX = 1_000;
/** Scrolling past opens nothing. */
const SETTLE_MS = 160;

export type Photo = { url: string } | { gone: string };

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
		const query = this.#query;
		if (this.#running || query === null) return;
		const running = (this.#running = new AbortController());
		const { signal } = running;
		while (this.#wanted.length && !signal.aborted) {
			// What came while it was wanted again is not opened, and recorded, twice.
			const missing = this.#wanted.filter((photo) => !this.#found.has(photoKey(photo)));
			const batch = missing.slice(0, BATCH);
			this.#wanted = missing.slice(BATCH);
			if (batch.length === 0) break;
			try {
				const blobs = await openPhotos(query, batch, signal);
				if (!signal.aborted) for (const photo of batch) this.#keep(photo, blobs.get(photoKey(photo)));
			} catch (error) {
				if (signal.aborted) return;
				const problem = Problem.of(error);
				const gone = problem.status === 404 ? GONE : problem.what;
				for (const photo of batch) this.#found.set(photoKey(photo), { gone });
				// The rest would fail alike; it is tried again when the list moves.
				this.#wanted = [];
			}
		}
		if (this.#running === running) this.#running = null;
	}

	#keep(photo: PhotoName, blob: Blob | undefined): void {
		this.#found.set(photoKey(photo), blob ? { url: URL.createObjectURL(blob) } : { gone: GONE });
		if (this.#found.size <= KEPT_MAX) return;
		const wanted = this.#wanted.map(photoKey);
		for (const [key, old] of this.#found) {
			if (wanted.includes(key)) continue;
			if ('url' in old) URL.revokeObjectURL(old.url);
			this.#found.delete(key);
			return;
		}
	}
}

const GONE = 'This photo cannot be opened.';
