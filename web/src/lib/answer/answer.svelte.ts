/** The answer being looked at: all of its rows, the filters, what is selected. Forgotten when the screen locks. */
import type { Schemas } from '../api/client';
import { Problem } from '../api/problem';
import type { DrawnArea } from '../map/areas.svelte';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import { many, number } from '../words/numbers';
import { Columns, NO_FILTER, isFiltering, toggled, type FacetKey, type Filter, type Mark } from './columns';
import type { Frame } from './histogram';
import { NO_MARKS, withMark, withRows, type Marks } from './marks';
import { Photos } from './photos.svelte';
import { NEWEST_FIRST, placesOf, sections, sorted, type Section, type Sort } from './sections';
import { page, recordPrint, setMarks, type PrintView } from './service';

export type AnswerView = Schemas['AnswerView'];
export type Row = Schemas['Row'];

/** What was asked, as it stood when it was asked: the form may have changed since. */
export interface AskedWith {
	areas: DrawnArea[];
	/** Asks it again as it was, after the answer is over. */
	body?: Schemas['Ask'];
}

export type ViewName = 'cards' | 'grid' | 'table' | 'common';

/** `waiting` where it was stopped; `failed` says why in `problem`. */
type Loading = 'done' | 'running' | 'stopped' | 'failed';

/** The photo viewer: a read, one of its photos, and a read beside it to compare with. */
export interface Looking {
	id: string;
	photo: number;
	beside: string | null;
}

const VIEW_KEY = 'sightline-answer-view';
/** The countdown is quiet until then. */
const LAST_SECONDS = 120;

function keptView(): ViewName {
	const kept = globalThis.sessionStorage?.getItem(VIEW_KEY);
	return kept === 'grid' || kept === 'table' ? kept : 'cards';
}

export class Answer {
	view = $state.raw<AnswerView | null>(null);
	asked = $state.raw<AskedWith>({ areas: [] });
	/** Every row that has come so far, in the answer's order. */
	rows = $state.raw<Row[]>([]);
	/** The row that list, map and timeline show as selected. */
	selected = $state<string | null>(null);
	hovered = $state<string | null>(null);

	filter = $state.raw<Filter>(NO_FILTER);
	sort = $state.raw<Sort>(NEWEST_FIRST);
	marks = $state.raw<Marks>(NO_MARKS);
	as = $state<ViewName>(keptView());
	looking = $state.raw<Looking | null>(null);
	/** What is on paper, from its recording until the print dialog has closed. */
	printing = $state.raw<PrintView | null>(null);

	loading = $state<Loading>('done');
	problem = $state.raw<Problem | null>(null);
	/** The 15 minutes are over: nothing of it is shown. */
	isOver = $state(false);
	/** Seconds until then, told in the last two minutes only. */
	secondsLeft = $state<number | null>(null);

	readonly photos = new Photos();
	#columns = new Columns();
	#nextPage = 1;
	#pages = 1;
	#running: AbortController | null = null;
	/** When it is over by `performance.now()`, which stands still while the computer sleeps, and by the service's clock. */
	#overAt = { running: 0, wall: 0 };
	#clock: ReturnType<typeof setTimeout> | undefined;
	#saving: Promise<void> = Promise.resolve();
	/** Marks on their way to the service: the last press for a read, and what the service keeps until then. */
	#marking: Record<string, { press: symbol; kept: Mark | null } | undefined> = {};
	/** The answer of which a print is being recorded. */
	#recording: AnswerView | null = null;

	readonly isMovement = $derived(this.view?.kind === 'movement');
	readonly #order = $derived.by(() => {
		const rows = this.rows;
		// As the service answered: newest first, or a movement from its first stop on.
		if (this.isMovement || this.sort === NEWEST_FIRST) return rows.map((_, place) => place);
		return sorted(rows, this.#columns.times, this.sort);
	});
	readonly #sifted = $derived(this.#columns.sift(this.#order, this.filter, this.marks));
	readonly #kept = $derived.by(() => this.#sifted.kept.map((place) => this.#columns.rows[place]!));
	readonly sections: Section[] = $derived(sections(this.#kept, this.isMovement));
	/** The rows that the filters and the brush keep, in the order in which the list shows them. */
	readonly shown: Row[] = $derived(
		this.sections.length === 1 ? this.sections[0]!.rows : this.sections.flatMap((section) => section.rows),
	);
	readonly #places = $derived(placesOf(this.shown));
	readonly facets = $derived(this.#sifted.facets);
	readonly isFiltered = $derived(isFiltering(this.filter));
	/** When each read was made that is kept whatever the brush says. */
	readonly anyTimes: number[] = $derived.by(() => this.#sifted.anyTime.map((place) => this.#columns.times[place]!));
	/** The frame that was asked for. */
	readonly frame: Frame | null = $derived(
		this.view && { from: Date.parse(this.view.from), until: Date.parse(this.view.to) },
	);
	readonly relevant = $derived(this.rows.filter((row) => this.marks.get(row.id) === 'relevant'));
	readonly notRelevant = $derived(this.marks.size - this.relevant.length);
	readonly selectedRow: Row | null = $derived(this.selected === null ? null : this.row(this.selected));
	/** Rows that the answer has; those that have come may be fewer. */
	readonly total = $derived(this.view?.page?.filtered ?? 0);

	open(view: AnswerView, asked: AskedWith): void {
		this.#letGo();
		const rows = view.page?.rows ?? [];
		this.#columns.add(rows);
		this.marks = withRows(NO_MARKS, rows);
		this.rows = rows;
		this.asked = asked;
		this.view = view;
		if (view.common) this.as = 'common';
		this.photos.open(view.query);
		// By the service's own times: this computer's clock may be wrong.
		const expires = Date.parse(view.expires);
		this.#overAt = { running: performance.now() + expires - Date.parse(view.receipt.time), wall: expires };
		document.addEventListener('visibilitychange', this.#tick);
		this.#tick();
		this.#pages = view.page?.pages ?? 1;
		this.#nextPage = 1;
		if (this.#pages > 1) void this.load();
	}

	close(): void {
		this.#letGo();
		this.view = null;
	}

	/** Loads the pages that have not come, one after the other. */
	async load(): Promise<void> {
		const view = this.view;
		if (!view || this.#running) return;
		const running = (this.#running = new AbortController());
		this.loading = 'running';
		this.problem = null;
		try {
			while (this.#nextPage < this.#pages) {
				const { rows } = await page(view.query, this.#nextPage, running.signal);
				if (running.signal.aborted) return;
				this.#nextPage++;
				this.#columns.add(rows);
				this.marks = withRows(this.marks, rows);
				this.rows = [...this.rows, ...rows];
			}
			this.loading = 'done';
			toasts.say(`All ${many(this.rows.length, 'read')} have come.`);
		} catch (error) {
			if (running.signal.aborted) return;
			this.loading = 'failed';
			this.problem = Problem.of(error);
		} finally {
			if (this.#running === running) this.#running = null;
		}
	}

	stopLoading(): void {
		this.#running?.abort();
		this.#running = null;
		this.loading = 'stopped';
	}

	row(id: string): Row | null {
		const place = this.#places.get(id);
		if (place !== undefined) return this.shown[place] ?? null;
		return this.rows.find((row) => row.id === id) ?? null;
	}

	/** Place in what is shown, from 0; -1 where a filter hides it. */
	placeOf(id: string | null): number {
		return id === null ? -1 : (this.#places.get(id) ?? -1);
	}

	/** The read that a key marks: the selected one, where it is shown; null where it is not. */
	get atHand(): string | null {
		return this.as !== 'common' && this.placeOf(this.selected) >= 0 ? this.selected : null;
	}

	/** Selects the read so many places further on; the first, where none is selected. */
	move(by: number): void {
		const last = this.shown.length - 1;
		if (last < 0) return;
		const place = this.placeOf(this.selected);
		const next = place < 0 ? 0 : Math.min(last, Math.max(0, place + by));
		this.selected = this.shown[next]!.id;
	}

	look(id: string, photo = 0): void {
		this.selected = id;
		this.looking = { id, photo, beside: null };
	}

	choose(key: FacetKey, value: string): void {
		this.narrow(toggled(this.filter, key, value));
	}

	narrow(filter: Filter): void {
		this.filter = filter;
		toasts.say(`${many(this.shown.length, 'read')} shown.`);
	}

	clearFilter(): void {
		this.narrow(NO_FILTER);
	}

	showAs(view: ViewName): void {
		this.as = view;
		if (view === 'common') {
			if (this.filter.cell) this.filter = { ...this.filter, cell: null };
			return;
		}
		globalThis.sessionStorage?.setItem(VIEW_KEY, view);
	}

	/** The reads behind a cell of the common-plate table. */
	openCell(plate: string, state: string | null, area: number | null): void {
		this.narrow({ ...NO_FILTER, cell: { plate, state, area } });
		this.selected = this.shown[0]?.id ?? null;
		this.as = keptView();
	}

	/** Marks a read at once, and takes it back with a message where the service refuses. */
	mark(id: string, mark: Mark | null): void {
		const { view } = this;
		const before = this.marks.get(id);
		if (!view || before === (mark ?? undefined)) return;
		const press = Symbol();
		const marking = this.#marking[id] ?? { press, kept: before ?? null };
		marking.press = press;
		this.#marking[id] = marking;
		this.marks = withMark(this.marks, id, mark);
		toasts.say(mark === null ? 'Mark taken back.' : `Marked as ${mark === 'relevant' ? 'relevant' : 'not relevant'}.`);
		// One after the other, so that the last press is what the service keeps.
		this.#saving = this.#saving.then(async () => {
			if (this.view?.query !== view.query) return;
			try {
				await setMarks(view.query, { [id]: mark ?? 'none' });
				marking.kept = mark;
			} catch (error) {
				// A later press has the last word.
				if (this.view?.query !== view.query || marking.press !== press) return;
				const problem = Problem.of(error);
				this.marks = withMark(this.marks, id, marking.kept);
				toasts.show(`The mark could not be kept. ${problem.sentence}`, 'bad');
			} finally {
				if (marking.press === press && this.#marking[id] === marking) this.#marking[id] = undefined;
			}
		});
	}

	/** Records the print, then gives the sheet to the browser's print dialog. */
	async print(): Promise<void> {
		const { view } = this;
		if (!view || this.#recording === view) return;
		if (this.relevant.length === 0) {
			toasts.show('Only relevant reads can be printed. Mark at least one as relevant first.');
			return;
		}
		this.#recording = view;
		try {
			await this.#saving;
			if (this.view !== view || this.isOver) return;
			const sheet = await recordPrint(view.query);
			if (this.view !== view || this.isOver) return;
			this.printing = sheet;
			toasts.say(`Recorded as ledger entry ${number(sheet.entry)}. The print dialog opens.`);
		} catch (error) {
			if (this.view === view) toasts.show(Problem.of(error).sentence, 'bad');
		} finally {
			if (this.#recording === view) this.#recording = null;
		}
	}

	/** Looks at the clock: often in the last minutes, and when a sleeping computer wakes. */
	#tick = (): void => {
		clearTimeout(this.#clock);
		if (!this.view || this.isOver) return;
		const { running, wall } = this.#overAt;
		const left = Math.ceil(Math.min(running - performance.now(), wall - session.now()) / 1000);
		if (left <= 0) {
			this.#end();
			return;
		}
		this.secondsLeft = left <= LAST_SECONDS ? left : null;
		this.#clock = setTimeout(this.#tick, left <= LAST_SECONDS + 1 ? 1_000 : 5_000);
	};

	/** The 15 minutes are over: what was asked stays in sight, what was answered does not. */
	#end(): void {
		const { view, asked, as } = this;
		this.#letGo();
		this.asked = asked;
		this.as = as;
		this.isOver = true;
		if (view) {
			this.view = { ...view, page: null, common: null, density: [] };
		}
		toasts.say('This answer is over. Its reads are no longer shown.');
	}

	/** Forgets every row, photo and mark. */
	#letGo(): void {
		clearTimeout(this.#clock);
		document.removeEventListener('visibilitychange', this.#tick);
		this.#running?.abort();
		this.#running = null;
		this.#marking = {};
		this.photos.close();
		this.#columns = new Columns();
		this.rows = [];
		this.marks = NO_MARKS;
		this.asked = { areas: [] };
		this.filter = NO_FILTER;
		this.sort = NEWEST_FIRST;
		this.selected = null;
		this.hovered = null;
		this.looking = null;
		this.printing = null;
		this.loading = 'done';
		this.problem = null;
		this.isOver = false;
		this.secondsLeft = null;
		if (this.as === 'common') this.as = keptView();
	}
}
