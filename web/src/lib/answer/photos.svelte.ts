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

/** `again` where it did not come this time, and is asked for anew when it is wanted anew. */
export type Photo = { url: string } | { gone: string; again?: true };

export class Photos {
	readonly #found = new SvelteMap<string, Photo>();
	#query: string | null = null;
	#wanted: PhotoName[] = [];
	/** What the last list named, opened or not: it is in view and stays. */
	#inView: string[] = [];
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
		this.#inView = photos.map(photoKey);
		this.#wanted = photos.filter((photo) => !this.#isSettled(photo));
		clearTimeout(this.#settle);
		if (this.#wanted.length === 0) return;
		this.#settle = setTimeout(() => void this.#run(), isUrgent ? 0 : SETTLE_MS);
	}

	close(): void {
		clearTimeout(this.#settle);
		this.#running?.abort();
		this.#running = null;
		this.#wanted = [];
		this.#inView = [];
		this.#query = null;
		for (const photo of this.#found.values()) if ('url' in photo) URL.revokeObjectURL(photo.url);
		this.#found.clear();
	}

	#isSettled(photo: PhotoName): boolean {
		const found = this.#found.get(photoKey(photo));
		return found !== undefined && !('again' in found);
	}

	async #run(): Promise<void> {
		const query = this.#query;
		if (this.#running || query === null) return;
		const running = (this.#running = new AbortController());
		const { signal } = running;
		while (this.#wanted.length && !signal.aborted) {
			// What came while it was wanted again is not opened, and recorded, twice.
			const missing = this.#wanted.filter((photo) => !this.#isSettled(photo));
			const batch = missing.slice(0, BATCH);
			this.#wanted = missing.slice(BATCH);
			if (batch.length === 0) break;
			try {
				const blobs = await openPhotos(query, batch, signal);
				if (!signal.aborted) for (const photo of batch) this.#keep(photo, blobs.get(photoKey(photo)));
			} catch (error) {
				if (signal.aborted) return;
				const problem = Problem.of(error);
				for (const photo of batch) this.#found.set(photoKey(photo), failed(problem));
				// The rest would fail alike; it is tried again when the list moves.
				this.#wanted = [];
			}
		}
		if (this.#running === running) this.#running = null;
	}

	#keep(photo: PhotoName, blob: Blob | undefined): void {
		this.#found.set(photoKey(photo), blob ? { url: URL.createObjectURL(blob) } : { gone: GONE });
		for (const [key, old] of this.#found) {
			if (this.#found.size <= KEPT_MAX) return;
			if (this.#inView.includes(key)) continue;
			if ('url' in old) URL.revokeObjectURL(old.url);
			this.#found.delete(key);
		}
	}
}

const GONE = 'This photo cannot be opened.';

function failed(problem: Problem): Photo {
	if (problem.status === 404) return { gone: GONE };
	// A refusal stands: each further try would only be recorded as another one.
	if (problem.isRefusal) return { gone: problem.what };
	return { gone: 'No photo came.', again: true };
}
