/** Short messages that go away, and words for a screen reader alone. */

export interface Toast {
	id: number;
	text: string;
	tone: 'plain' | 'good' | 'bad';
}

/** Long enough to read a sentence twice. */
const SHOWN_MS = 7_000;
/** More would cover the page. */
const SHOWN_MAX = 4;

class Toasts {
	shown = $state<Toast[]>([]);
	/** What a screen reader hears next. */
	heard = $state('');
	#next = 1;

	/** Shows a message and says it. Bad news stays until it is closed. */
	show(text: string, tone: Toast['tone'] = 'plain'): void {
		const id = this.#next++;
		this.shown = [...this.shown.slice(1 - SHOWN_MAX), { id, text, tone }];
		if (tone !== 'bad') setTimeout(() => this.close(id), SHOWN_MS);
	}

	close(id: number): void {
		this.shown = this.shown.filter((toast) => toast.id !== id);
	}

	/** Nothing said to one person is left for the next. */
	clear(): void {
		this.shown = [];
		this.heard = '';
	}

	/** Says something without showing it: counts, refusals, what was selected. */
	say(text: string): void {
		// The same words twice are heard twice only if they change in between.
		this.heard = this.heard === text ? `${text}\u00a0` : text;
	}
}

export const toasts = new Toasts();
