/** What a question still needs, in the order of the form. */
import type { Writing } from './draft.svelte';
import { wordsOf, type Needs } from './kinds';

export interface Missing {
	/** As `data-field` names it. */
	field: string;
	/** `the case reference`. */
	what: string;
	/** Belongs to why. */
	why: boolean;
}

/** `needs` is null where the service does not say: then only what no question can be without. */
export function missing(writing: Writing, needs: Needs | null, areas: number): Missing[] {
	const { purpose, vehicle } = writing;
	const takes = wordsOf(writing.kind);
	const list: Missing[] = [];
	const want = (isMissing: boolean, field: string, what: string, why = false) => {
		if (isMissing) list.push({ field, what, why });
	};
	const blank = (text: string) => text.trim() === '';

	want(blank(purpose.reason), 'purpose.reason', 'the reason', true);
	if (needs) {
		want(needs.case_reference && blank(purpose.caseReference), 'purpose.case_reference', 'the case reference', true);
		want(needs.justification && blank(purpose.justification), 'purpose.justification', 'the justification', true);
		want(needs.subject && blank(purpose.subject), 'purpose.subject', 'the subject', true);
		want(needs.target && blank(purpose.targetKind), 'purpose.target.kind', 'the target', true);
		want(
			needs.target && !blank(purpose.targetKind) && blank(purpose.target),
			'purpose.target.description',
			'which target',
			true,
		);
		want(
			needs.suspicion_facts && blank(purpose.suspicionFacts),
			'purpose.suspicion_facts',
			'the facts of suspicion',
			true,
		);
		want(
			needs.place_linked_to_case && takes.areas && !purpose.placeLinkedToCase,
			'purpose.place_linked_to_case',
			'the statement about the place',
			true,
		);
		want(
			needs.not_based_on_trait && !purpose.notBasedOnTrait,
			'purpose.not_based_on_trait',
			'the statement about protected traits',
			true,
		);
	}
	want(takes.plate !== null && blank(writing.plate), 'plate', takes.plate === 'pattern' ? 'the pattern' : 'the plate');
	want(
		writing.kind === 'make-model' && blank(vehicle.make) && blank(vehicle.model),
		'vehicle.make',
		'a make or a model',
	);
	want(writing.kind === 'area' && areas === 0, 'areas', 'an area');
	want(writing.kind === 'common-plate' && areas < 2, 'areas', areas === 0 ? 'two areas' : 'a second area');
	want(needs?.state === true && blank(writing.state), 'state', 'the state');
	want(blank(writing.from), 'from', 'when it begins');
	want(blank(writing.to), 'to', 'when it ends');
	return list;
}

/** `the case reference, the plate and when it begins`. */
export const listed = (words: readonly string[]): string =>
	words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
