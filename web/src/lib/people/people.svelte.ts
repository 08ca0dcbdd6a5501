/** The people that a manager or a supervisor looks after, and how access is given; each change is recorded before it holds. */
import { agency } from '../agency/agency.svelte';
import { api, take } from '../api/client';
import { Problem } from '../api/problem';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import { number } from '../words/numbers';
import type { Access, Person } from './rights';

class People {
	/** By name; null until the service has answered. */
	list = $state.raw<Person[] | null>(null);
	access = $state.raw<Access | null>(null);
	problem = $state.raw<Problem | null>(null);

	constructor() {
		session.onClose(() => {
			this.list = null;
			this.access = null;
			this.problem = null;
		});
	}

	async load(): Promise<void> {
		const { me } = session;
		try {
			const [list, access] = await Promise.all([
				take(api.GET('/api/v1/agency/people')),
				take(api.GET('/api/v1/agency/access')),
			]);
			if (session.me?.user !== me?.user) return;
			this.list = list;
			this.access = access;
			this.problem = null;
		} catch (error) {
			this.problem = Problem.of(error);
		}
	}

	find(user: string): Person | undefined {
		return this.list?.find((person) => person.user === user);
	}

	/** Says what was done and where it stands in the ledger, and reads people anew. */
	async done(what: string, entry: number): Promise<void> {
		toasts.show(`${what} Recorded as ledger entry ${number(entry)}.`, 'good');
		await Promise.all([this.load(), session.is('agency-manager') ? agency.load() : null]);
	}

	/** Certifies needs of people in the own unit, the own person aside. */
	maySupervise(person: Person): boolean {
		const { me } = session;
		return session.is('supervisor') && person.unit === me?.unit_id && person.user !== me.user;
	}
}

export const people = new People();
