/** The answer being looked at: all of its rows, the filters, what is selected. Forgotten when the screen locks. */
import type { Schemas } from '../api/client';
import type { DrawnArea } from '../map/areas.svelte';

export type AnswerView = Schemas['AnswerView'];
export type Row = Schemas['Row'];

/** What was asked, as it stood when it was asked: the form may have changed since. */
export interface AskedWith {
	areas: DrawnArea[];
}

export class Answer {
	view = $state.raw<AnswerView | null>(null);
	asked = $state.raw<AskedWith>({ areas: [] });
	/** Every row that has come so far, in the answer's order. */
	rows = $state.raw<Row[]>([]);
	/** The rows that the filters and the brush keep. */
	shown = $derived(this.rows);
	/** The row that list, map and timeline show as selected. */
	selected = $state<string | null>(null);
	hovered = $state<string | null>(null);

	open(view: AnswerView, asked: AskedWith): void {
		this.view = view;
		this.asked = asked;
		this.rows = view.page?.rows ?? [];
		this.selected = null;
		this.hovered = null;
	}

	close(): void {
		this.view = null;
		this.rows = [];
		this.selected = null;
		this.hovered = null;
	}
}
