/** The desk: a question being written, its areas, the answer. One for the app; it outlives the places of the screen. */
import { api, take } from '../api/client';
import { Problem } from '../api/problem';
import { Answer, type AnswerView, type AskedWith } from '../answer/answer.svelte';
import { againBody, shownBody, type AskBody } from '../ask/body';
import { Draft } from '../ask/draft.svelte';
import { Areas } from '../map/areas.svelte';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import { counted } from '../words/numbers';

/** Which part of the desk a narrow screen shows. */
export type Part = 'ask' | 'map' | 'answer';

/** A question of which 10,000 or more rows match waits for a confirmation (LIM-1). */
export interface Large {
	query: string;
	asked: AskedWith;
}

/** What was asked with another body; the service keeps the rest. */
const withBody = (asked: AskedWith, change: (body: AskBody) => AskBody): AskedWith =>
	asked.body ? { ...asked, body: change(asked.body) } : asked;

export class Desk {
	readonly draft = new Draft();
	readonly areas = new Areas();
	readonly answer = new Answer();
	part = $state<Part>('ask');
	/** A question is with the service since this instant; null when none is. */
	askedAt = $state<number | null>(null);
	/** What is running is a preview. */
	isPreview = $state(false);
	large = $state.raw<Large | null>(null);
	#running: AbortController | null = null;

	constructor() {
		session.onForget(() => {
			this.stop();
			this.draft.clear();
			this.areas.clear();
			this.answer.close();
			this.large = null;
			this.part = 'ask';
		});
		session.onClose(() => {
			this.stop();
			this.answer.close();
			this.large = null;
		});
	}

	/** Asks what is in the form; or what was asked before, with the areas of then. */
	async ask(body: AskBody, before?: AskedWith): Promise<void> {
		const asked: AskedWith = { areas: before?.areas ?? $state.snapshot(this.areas.list), body };
		this.isPreview = body.preview === true;
		await this.run((signal) => take(api.POST('/api/v1/queries', { body, signal })), asked);
	}

	/** The rows of what was previewed, or the newest 5,000 of a large answer: decided and recorded anew. */
	async show(query: string, confirmLarge: boolean, asked: AskedWith): Promise<void> {
		const params = { path: { query } };
		this.isPreview = false;
		await this.run(
			(signal) =>
				take(api.POST('/api/v1/queries/{query}/show', { params, body: { confirm_large: confirmLarge }, signal })),
			withBody(asked, (body) => shownBody(body, confirmLarge)),
		);
	}

	/** The same over another time frame (QRY-9); instants are RFC 3339. */
	async again(query: string, from: string, to: string, asked: AskedWith): Promise<void> {
		const params = { path: { query } };
		this.isPreview = false;
		await this.run(
			(signal) => take(api.POST('/api/v1/queries/{query}/again', { params, body: { from, to }, signal })),
			withBody(asked, (body) => againBody(body, from, to)),
		);
	}

	/** Gives up waiting. The ledger keeps that it was asked. */
	stop(): void {
		this.#running?.abort();
		this.#running = null;
		this.askedAt = null;
	}

	/** Runs what gives an answer, and shows the answer, the warning or the refusal. */
	private async run(request: (signal: AbortSignal) => Promise<AnswerView>, asked: AskedWith): Promise<void> {
		this.stop();
		const running = (this.#running = new AbortController());
		this.askedAt = Date.now();
		this.draft.problem = null;
		this.large = null;
		try {
			const view = await request(running.signal);
			if (running.signal.aborted) return;
			this.answer.open(view, asked);
			this.part = 'answer';
			toasts.say(`${counted(view.count)}${view.step === 'previewed' ? ' match. No plate has been shown' : ''}.`);
		} catch (error) {
			if (running.signal.aborted) return;
			const problem = Problem.of(error);
			if (problem.code === 'needs-confirmation' && problem.body.query) {
				this.large = { query: problem.body.query, asked };
			} else {
				this.draft.problem = problem;
				this.part = 'ask';
				toasts.say(problem.sentence);
			}
		} finally {
			if (this.#running === running) {
				this.#running = null;
				this.askedAt = null;
			}
		}
	}
}

export const desk = new Desk();
