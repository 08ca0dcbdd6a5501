/** What a person may ask, what is missing for more, and why: one row for each permission. */
import { PERMISSIONS } from '../agency/words';
import type { Schemas } from '../api/client';
import { lastDay, longDay } from '../words/days';

export type Person = Schemas['PersonView'];
export type Access = Schemas['AccessView'];
type Grant = Schemas['GrantView'];
type Certificate = Schemas['CertificateView'];

/** `certified`: a supervisor certified the need to know, and nobody granted it yet. */
export type RightState = 'in-force' | 'unused' | 'ended' | 'certified' | 'none';

export interface Right {
	permission: string;
	label: string;
	state: RightState;
	grant: Grant | undefined;
	/** Usable for a grant. */
	certificate: Certificate | undefined;
	/** Its review is late, or due within 30 days. */
	isReviewNear: boolean;
}

const REVIEW_NEAR_MS = 30 * 86_400_000;
/** Roles whose holders ask nothing: who administers or oversees does not query. */
const NEVER_ASK = ['agency-manager', 'privacy-officer', 'data-steward', 'host-operator'];

export function rightsOf(person: Person, now: number): Right[] {
	return PERMISSIONS.map(({ value, label }) => {
		const grant = person.grants.find(({ permission }) => permission === value);
		const certificate = person.certificates.find(({ permission, usable }) => usable && permission === value);
		const held = grant?.state as RightState | undefined;
		// An ended grant gives its place to a new one as soon as there is a certificate.
		const state = held && !(held === 'ended' && certificate) ? held : certificate ? 'certified' : 'none';
		const isReviewNear =
			grant !== undefined && held !== 'ended' && (grant.overdue || Date.parse(grant.review_due) - now < REVIEW_NEAR_MS);
		return { permission: value, label, state, grant, certificate, isReviewNear };
	});
}

/** How a right stands, in a sentence or two. */
export function whyOf({ state, grant, certificate }: Right, zone: string): string {
	const day = (instant: string) => longDay(instant, zone);
	if (state === 'certified')
		return `Not granted yet. ${certificate!.supervisor} certified the need until ${lastDay(certificate!.until, zone)}.`;
	if (!grant) return 'Not granted.';
	const from = [
		`Granted ${day(grant.granted)}`,
		grant.granted_by ? ` by ${grant.granted_by}` : '',
		grant.certified_by ? `, certified by ${grant.certified_by}` : '',
		'.',
	].join('');
	if (state === 'ended') return `Ended on ${lastDay(grant.until!, zone)}, as it was certified. ${from}`;
	const used = grant.last_used ? `Last used ${day(grant.last_used)}.` : 'Never used.';
	if (state === 'unused') return `Lapsed, because it was not used. ${used} ${from}`;
	const until = grant.until ? ` Until ${lastDay(grant.until, zone)}.` : '';
	const reviewed = grant.reviewed
		? ` Reviewed ${day(grant.reviewed)}${grant.reviewed_by ? ` by ${grant.reviewed_by}` : ''}.`
		: '';
	return `${from}${until} ${used}${reviewed}`;
}

export interface Onlooker {
	name: string;
	isManager: boolean;
}

/** What stands between a person and a right, said before a grant is tried; null where nothing is known to. */
export function lacks(person: Person, right: Right, access: Access, by: Onlooker): string | null {
	const needs = access.needs_certificate.includes(right.permission);
	const role = person.roles.find((one) => NEVER_ASK.includes(one));
	if (role) return 'Who administers or oversees asks nothing.';
	if (needs && !right.certificate)
		return `No certificate: a supervisor of ${person.unit_name} certifies the need first.`;
	if (needs && by.isManager && right.certificate?.supervisor === by.name)
		return 'You certified this need yourself; another manager grants it.';
	const seats = access.seats.find(({ permission }) => permission === right.permission);
	if (seats?.seats !== undefined && seats.seats !== null && seats.taken >= seats.seats && !right.grant)
		return `No seat: ${seats.taken} of ${seats.seats} are taken.`;
	return null;
}

/** The newest use of any permission; null where nothing was ever used. */
export function lastUse(person: Person): string | null {
	const used = person.grants.flatMap(({ last_used }) => last_used ?? []);
	return used.toSorted((one, other) => Date.parse(other) - Date.parse(one))[0] ?? null;
}

/** Roles that a person cannot have together, in a sentence; null where they go together. */
export function rolesClash(roles: readonly string[]): string | null {
	const asking = [
		'criminal-investigator',
		'task-force-officer',
		'criminal-analyst',
		'investigative-assistant',
		'patrol-officer',
	];
	return roles.some((role) => NEVER_ASK.includes(role)) && roles.some((role) => asking.includes(role))
		? 'Who administers or oversees asks nothing: choose one or the other.'
		: null;
}

/** Whether the words typed are in the name, the sign-in name, the unit or the roles. */
export function isFound(person: Person, roleWord: (role: string) => string, wanted: string): boolean {
	const text = [person.name, person.login, person.unit_name, ...person.roles.map(roleWord)].join(' ').toLowerCase();
	return wanted
		.toLowerCase()
		.split(/\s+/)
		.every((word) => text.includes(word));
}
