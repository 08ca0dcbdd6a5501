/** The agency's policy as its managers and supervisors read it; parts that a service does not have are not shown. */
import { take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import { number } from '../words/numbers';
import type { Changed, InForce, Limits, Matrix, Tried } from './contract';
import { policyRoutes } from './routes';

export type Question = {
	user: string;
	kind: string;
	reason: string;
	door: 'plain' | 'enhanced';
	days?: number;
	days_back?: number;
	square_metres?: number;
	areas?: number;
	known_characters?: number;
};

class Policy {
	matrix = $state.raw<Matrix | null>(null);
	inForce = $state.raw<InForce | null>(null);
	presets = $state.raw<Schemas['PresetView'][]>([]);
	problem = $state.raw<Problem | null>(null);

	constructor() {
		session.onClose(() => {
			this.matrix = null;
			this.inForce = null;
			this.presets = [];
			this.problem = null;
		});
	}

	get isThere(): boolean {
		return this.matrix !== null;
	}

	async load(): Promise<void> {
		const { me } = session;
		const isManager = session.is('agency-manager');
		try {
			const [matrix, inForce, presets] = await Promise.all([
				ifThere(take(policyRoutes.matrix())),
				isManager ? ifThere(take(policyRoutes.inForce())) : null,
				isManager ? ifThere(take(policyRoutes.presets())) : null,
			]);
			if (session.me?.user !== me?.user) return;
			this.matrix = matrix;
			this.inForce = inForce;
			this.presets = presets ?? [];
			this.problem = null;
		} catch (error) {
			this.problem = Problem.of(error);
		}
	}

	tryIt(question: Question): Promise<Tried> {
		return take(policyRoutes.tryIt(question));
	}

	/** Changes preset or numbers; what only narrows is in force at once, what widens waits for another manager. */
	async change(body: {
		preset?: string;
		limits?: Limits;
		document?: { reference: string; date: string };
	}): Promise<Changed> {
		const made = await take(policyRoutes.change(body));
		await this.#done(
			made.effective ? 'The policy is changed.' : 'The change waits for a second manager.',
			made.ledger_entry,
		);
		return made;
	}

	async confirm(id: string | number): Promise<void> {
		const made = await take(policyRoutes.confirm(String(id)));
		await this.#done('The policy is changed.', made.ledger_entry);
	}

	async drop(id: string | number): Promise<void> {
		const made = await take(policyRoutes.drop(String(id)));
		await this.#done('The change is dropped.', made.ledger_entry);
	}

	async #done(what: string, entry: number): Promise<void> {
		toasts.show(`${what} Recorded as ledger entry ${number(entry)}.`, 'good');
		await this.load();
	}
}

async function ifThere<T>(answer: Promise<T>): Promise<T | null> {
	try {
		return await answer;
	} catch (error) {
		if (Problem.of(error).status === 404) return null;
		throw error;
	}
}

export const policy = new Policy();
