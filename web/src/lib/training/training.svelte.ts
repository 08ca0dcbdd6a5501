/** One's own trainings and permissions, and what is said about them around every place. */
import { api, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { session } from '../session/session.svelte';
import { reminder, reminders } from './courses';

class OwnTraining {
	own = $state.raw<Schemas['Own'] | null>(null);
	problem = $state.raw<Problem | null>(null);

	constructor() {
		session.onClose(() => {
			this.own = null;
			this.problem = null;
		});
	}

	async load(): Promise<void> {
		const { me } = session;
		try {
			const own = await take(api.GET('/api/v1/me'));
			if (session.me?.user !== me?.user) return;
			this.own = own;
			this.problem = null;
		} catch (error) {
			this.problem = Problem.of(error);
		}
	}

	/** What the frame says; empty where all is current. */
	readonly reminded = $derived(reminders(this.own, session.me?.door ?? 'plain'));
	readonly reminder = $derived(reminder(this.reminded, session.zone.name));
	/** Questions are refused because of it now. */
	readonly isStopped = $derived(this.reminded.some(({ state }) => state !== 'due'));
}

export const training = new OwnTraining();
