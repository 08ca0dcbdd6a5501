/** The numbers of a policy in words, and how each is changed. */
import { PERMISSIONS, permissionWord } from '../agency/words';
import { KINDS } from '../ask/kinds';
import { many, squareMetres } from '../words/numbers';
import type { Limits } from './contract';

export const COURSES: readonly { value: string; label: string }[] = [
	{ value: 'tool', label: 'Use of the service' },
	{ value: 'tool-enhanced', label: 'Enhanced functions' },
	{ value: 'privacy', label: 'Privacy' },
	{ value: 'integrity', label: 'Integrity awareness' },
];

const KIND_OPTIONS = KINDS.map(({ kind, label }) => ({ value: kind as string, label }));
export const kindWord = (kind: string): string => KIND_OPTIONS.find(({ value }) => value === kind)?.label ?? kind;

const STRICT = [
	{ value: 'refuse', label: 'Refuse the question' },
	{ value: 'flag', label: 'Answer, and flag the entry' },
];

/** Days that a limit may be: 100 years. */
export const DAYS_MAX = 36_500;

export type Option = { value: string; label: string };
/** How a number is changed: a number, one of a few, a set, yes or no, or days for each of several. */
export type LimitField = { name: string; label: string; group: string } & (
	| { kind: 'number'; unit: string; isOptional?: boolean }
	| { kind: 'choice'; options: readonly Option[] }
	| { kind: 'set'; options: readonly Option[] }
	| { kind: 'flag' }
	| { kind: 'days'; options: readonly Option[] }
);

export const FIELDS: readonly LimitField[] = [
	{
		name: 'longest_span_days',
		label: 'Longest time frame',
		group: 'What may be asked',
		kind: 'days',
		options: KIND_OPTIONS,
	},
	{
		name: 'longest_look_back_days',
		label: 'Look-back, whatever the reason',
		group: 'What may be asked',
		kind: 'number',
		unit: 'days',
		isOptional: true,
	},
	{ name: 'largest_area_m2', label: 'Largest single area', group: 'What may be asked', kind: 'number', unit: 'm²' },
	{
		name: 'largest_areas_together_m2',
		label: 'All areas together, at most',
		group: 'What may be asked',
		kind: 'number',
		unit: 'm²',
	},
	{
		name: 'area_budget_person_km2_days',
		label: 'Area and time of one person within 30 days',
		group: 'What may be asked',
		kind: 'number',
		unit: 'km² × days',
	},
	{
		name: 'area_budget_case_km2_days',
		label: 'Area and time for one case within 30 days',
		group: 'What may be asked',
		kind: 'number',
		unit: 'km² × days',
	},
	{ name: 'smallest_area_m2', label: 'Smallest single area', group: 'What may be asked', kind: 'number', unit: 'm²' },
	{
		name: 'fewest_known_characters',
		label: 'Known characters of a partial plate, at least',
		group: 'What may be asked',
		kind: 'number',
		unit: 'characters',
	},
	{
		name: 'narrow_below_known',
		label: 'Ask to narrow below so many known characters',
		group: 'What may be asked',
		kind: 'number',
		unit: 'characters',
	},
	{ name: 'preview_first', label: 'Screens begin with a preview', group: 'What may be asked', kind: 'flag' },
	{
		name: 'print_unverified',
		label: 'Reads with fewer than two photos may be printed',
		group: 'What may be asked',
		kind: 'flag',
	},
	{
		name: 'case_reference_required',
		label: 'A case reference is required for',
		group: 'What must be said',
		kind: 'set',
		options: KIND_OPTIONS,
	},
	{
		name: 'stock_text',
		label: 'A purpose that is only a stock word',
		group: 'What must be said',
		kind: 'choice',
		options: STRICT,
	},
	{
		name: 'repeated_text',
		label: 'A text that is given again and again',
		group: 'What must be said',
		kind: 'choice',
		options: STRICT,
	},
	{
		name: 'repeated_text_max',
		label: 'The same text is taken within 30 days',
		group: 'What must be said',
		kind: 'number',
		unit: 'times',
	},
	{
		name: 'closed_case',
		label: 'The reference of a closed case',
		group: 'What must be said',
		kind: 'choice',
		options: STRICT,
	},
	{
		name: 'phishing_resistant',
		label: 'The enhanced door takes a passkey only',
		group: 'How access is kept',
		kind: 'flag',
	},
	{
		name: 'needs_certificate',
		label: 'A supervisor’s certificate comes first for',
		group: 'How access is kept',
		kind: 'set',
		options: PERMISSIONS,
	},
	{ name: 'review_days', label: 'Access is reviewed every', group: 'How access is kept', kind: 'number', unit: 'days' },
	{
		name: 'unused_days',
		label: 'Unused access lapses after',
		group: 'How access is kept',
		kind: 'number',
		unit: 'days',
	},
	{
		name: 'training_days',
		label: 'Required trainings, and how long each holds',
		group: 'How access is kept',
		kind: 'days',
		options: COURSES,
	},
];

const list = (words: readonly string[]): string => {
	if (words.length === 0) return 'nothing';
	return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
};

/** What a limit is set to, as people read it. */
export function said(field: LimitField, value: unknown): string {
	if (field.kind === 'flag') return value ? 'Yes' : 'No';
	if (field.kind === 'choice') return field.options.find((option) => option.value === value)?.label ?? String(value);
	if (field.kind === 'number') {
		if (value === null || value === undefined) return 'No limit';
		if (field.unit === 'm²') return squareMetres(Number(value));
		return many(Number(value), field.unit.replace(/s$/, ''));
	}
	if (field.kind === 'set') {
		const words = Array.isArray(value) ? (value as string[]) : [];
		const all = field.options.length === words.length;
		if (all) return 'Every kind';
		const shown = words.map(
			(word) => field.options.find((option) => option.value === word)?.label ?? permissionWord(word),
		);
		return words.length ? list(shown) : 'None';
	}
	const days = Object.entries((value ?? {}) as Record<string, number>);
	if (days.length === 0) return 'None';
	// Most policies give all the same: one number is easier to read than six.
	const [, first] = days[0]!;
	if (days.length === field.options.length && days.every(([, one]) => one === first))
		return `${many(first, 'day')}, all alike`;
	return days
		.map(([word, one]) => `${field.options.find((option) => option.value === word)?.label ?? word} ${many(one, 'day')}`)
		.join(' · ');
}

/** The fields that a policy has, in the order of {@link FIELDS}; names that are not known here are left to the API. */
export const fieldsOf = (limits: Limits): LimitField[] => FIELDS.filter(({ name }) => name in limits);

const same = (one: unknown, other: unknown): boolean => JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));

/** Sets and maps mean the same in any order. */
function ordered(value: unknown): unknown {
	if (Array.isArray(value)) return [...(value as unknown[])].sort();
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other)));
}

/** What differs between two states of the numbers; only this is sent. */
export const changes = (before: Limits, after: Limits): Limits =>
	Object.fromEntries(Object.entries(after).filter(([name, value]) => !same(before[name], value)));
