/** The manager's agency as the service gives it, and changes to it; each change is recorded before it holds. */
import { api, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import { number } from '../words/numbers';

export type Overview = Schemas['Overview'];

class Agency {
	view = $state.raw<Overview | null>(null);
	/** Sharing agreements, on either side. */
	agreements = $state.raw<Schemas['AgreementView'][]>([]);
	/** Agencies that are active, to choose one by name. */
	others = $state.raw<Schemas['AgencyName'][]>([]);
	problem = $state.raw<Problem | null>(null);

	constructor() {
		session.onClose(() => {
			this.view = null;
			this.others = [];
			this.agreements = [];
			this.problem = null;
		});
	}

	async load(): Promise<void> {
		const { me } = session;
		try {
			const [view, names, agreements] = await Promise.all([
				take(api.GET('/api/v1/agency')),
				take(api.GET('/api/v1/agencies/names')),
				take(api.GET('/api/v1/agency/agreements')),
			]);
			if (session.me?.user !== me?.user) return;
			this.view = view;
			this.others = names.filter(({ id }) => id !== view.id);
			this.agreements = agreements;
			this.problem = null;
		} catch (error) {
			this.problem = Problem.of(error);
		}
	}

	/** Says what was done and where it stands in the ledger, and reads the agency anew. */
	async done(what: string, entry: number): Promise<void> {
		toasts.show(`${what} Recorded as ledger entry ${number(entry)}.`, 'good');
		await this.load();
	}

	unitName(id: number): string {
		return this.view?.units.find((unit) => unit.id === id)?.name ?? `Unit ${id}`;
	}
}

export const agency = new Agency();
