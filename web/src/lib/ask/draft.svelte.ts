/** The question that is being written. It outlives a locked screen, for the same person only, and is kept nowhere else. */
import type { Problem } from '../api/problem';
import { session } from '../session/session.svelte';
import type { Zone } from '../words/times';
import { LAST, lastDays, type Last, type WallFrame } from './frames';

export type Kind = 'full-plate' | 'partial-plate' | 'make-model' | 'area' | 'common-plate' | 'movement';
export type TargetKind = '' | 'person' | 'vehicle' | 'criminal-activity';

const empty = () => ({
	kind: 'full-plate' as Kind,
	plate: '',
	/** ISO 3166-2; empty for any. */
	state: '',
	vehicle: { make: '', model: '', colour: '', year: '' },
	/** A quick time frame that moves on with the clock until it is asked, or the person's own. */
	last: '7' as Last,
	/** `datetime-local` values in the agency's zone. */
	from: '',
	to: '',
	/** Which of two readings is meant where the clock shows a time twice, as an offset. */
	fromOffset: '',
	toOffset: '',
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

/** What stands in the form. */
export type Writing = ReturnType<typeof empty>;

export class Draft {
	now = $state(empty());
	/** What was wrong with it at the last try; the field at fault is `problem.field`. */
	problem = $state.raw<Problem | null>(null);
	/** Why is shown in full, not as its one line. */
	isWhyOpen = $state(true);

	clear(): void {
		this.now = empty();
		this.problem = null;
		this.isWhyOpen = true;
	}

	/** Takes a quick time frame, or brings the one that is taken up to now. */
	keepUp(zone: Zone, last: Last = this.now.last, now = session.now()): void {
		this.now.last = last;
		const quick = LAST.find(({ value }) => value === last);
		if (!quick) return;
		// In the hour that the clock shows twice, the end is the reading that is now.
		Object.assign(this.now, lastDays(quick.days, zone, now));
	}

	/** Takes a time frame of the person's own. */
	takeFrame(frame: Pick<WallFrame, 'from' | 'to'> & Partial<WallFrame>): void {
		Object.assign(this.now, { fromOffset: '', toOffset: '' }, frame, { last: 'own' });
	}
}
