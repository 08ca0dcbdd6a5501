/** The question that is being written. It outlives a locked screen, for the same person only. */
import type { Problem } from '../api/problem';

export type Kind = 'full-plate' | 'partial-plate' | 'make-model' | 'area' | 'common-plate' | 'movement';
export type TargetKind = '' | 'person' | 'vehicle' | 'criminal-activity';

const empty = () => ({
	kind: 'full-plate' as Kind,
	plate: '',
	/** ISO 3166-2; empty for any. */
	state: '',
	vehicle: { make: '', model: '', colour: '', year: '' },
	/** `datetime-local` values in the agency's zone. */
	from: '',
	to: '',
	lookAlikes: false,
	alternatives: false,
	purpose: {
		reason: '',
		caseReference: '',
		subject: '',
		targetKind: '' as TargetKind,
		target: '',
		justification: '',
		suspicionFacts: '',
		/** A colleague's user id; empty for oneself. */
		onBehalfOf: '',
		placeLinkedToCase: false,
		notBasedOnTrait: false,
	},
});

export class Draft {
	now = $state(empty());
	/** What was wrong with it at the last try; the field at fault is `problem.field`. */
	problem = $state.raw<Problem | null>(null);

	clear(): void {
		this.now = empty();
		this.problem = null;
	}
}
