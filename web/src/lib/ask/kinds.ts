/** The six kinds of question: what each is called, what comes back, and what this person needs for it. */
import type { Schemas } from '../api/client';
import type { Me } from '../session/session.svelte';
import { courseOfRule } from '../training/courses';
import type { IconName } from '../ui/Icon.svelte';
import type { Kind } from './draft.svelte';

export interface KindWords {
	kind: Kind;
	label: string;
	/** As it stands in a sentence: `an area question`. */
	inWords: string;
	icon: IconName;
	permission: string;
	/** What comes back. */
	about: string;
	plate: 'one' | 'pattern' | null;
	vehicle: boolean;
	areas: boolean;
}

export const KINDS: readonly KindWords[] = [
	{
		kind: 'full-plate',
		label: 'Plate',
		inWords: 'a full plate',
		icon: 'plate',
		permission: 'full',
		about: 'Every read of one plate, newest first.',
		plate: 'one',
		vehicle: false,
		areas: false,
	},
	{
		kind: 'partial-plate',
		label: 'Partial',
		inWords: 'a partial plate',
		icon: 'partial',
		permission: 'partial',
		about: 'Plates of which some characters are known.',
		plate: 'pattern',
		vehicle: true,
		areas: false,
	},
	{
		kind: 'make-model',
		label: 'Vehicle',
		inWords: 'a vehicle',
		icon: 'vehicle',
		permission: 'make-model',
		about: 'Vehicles like a description, wherever they were read.',
		plate: null,
		vehicle: true,
		areas: false,
	},
	{
		kind: 'area',
		label: 'Area',
		inWords: 'an area',
		icon: 'polygon',
		permission: 'area',
		about: 'Every plate that was read inside areas on the map.',
		plate: null,
		vehicle: true,
		areas: true,
	},
	{
		kind: 'common-plate',
		label: 'Common',
		inWords: 'common plates',
		icon: 'common',
		permission: 'common',
		about: 'Plates that were read in at least two areas.',
		plate: null,
		vehicle: true,
		areas: true,
	},
	{
		kind: 'movement',
		label: 'Movement',
		inWords: 'movement',
		icon: 'movement',
		permission: 'movement',
		about: 'One vehicle’s reads in order of time, stop by stop.',
		plate: 'one',
		vehicle: false,
		areas: false,
	},
];

export const wordsOf = (kind: Kind): KindWords => KINDS.find((one) => one.kind === kind)!;

/** What a kind must be told of the purpose; of the question itself only where the service says so. */
export type Needs = Schemas['NeedsView'];

/** What policy says of this caller, through this door. */
export type KindView = Schemas['KindView'];

/** What the form goes by for one kind. */
export interface KindRules {
	/** Null where the service does not say: then every field is shown and none is required by the form. */
	needs: Needs | null;
	/** Why it will be refused, and what would help, which may be the other door; null where it may be asked. */
	closed: {
		sentence: string;
		help: string;
		isDoor: boolean;
		/** A training that would open it. */
		course: string | null;
	} | null;
	longestDays: number | null;
	largestArea: number | null;
	largestTogether: number | null;
	fewestKnown: number | null;
	narrowBelow: number | null;
}

/** The rule of the presets that wants the enhanced door. */
export const DOOR_RULE = 'enhanced-log-in';

const UNKNOWN: KindRules = {
	needs: null,
	closed: null,
	longestDays: null,
	largestArea: null,
	largestTogether: null,
	fewestKnown: null,
	narrowBelow: null,
};

/** The rules of a kind, from the service's list, or, where it has none, from what the session says. */
export function rulesOf(kind: Kind, views: readonly KindView[] | null, me: Me | null): KindRules {
	const view = views?.find((one) => one.kind === kind);
	if (view) {
		const { refusal } = view;
		return {
			needs: view.needs,
			closed: view.permitted
				? null
				: {
						sentence: refusal?.sentence ?? 'Your account may not ask this.',
						help: refusal?.unlock ?? '',
						isDoor: me?.door === 'plain' && refusal?.rule === DOOR_RULE,
						course: courseOfRule(refusal?.rule),
					},
			longestDays: view.longest_days,
			largestArea: view.largest_area_square_metres ?? null,
			largestTogether: view.largest_together_square_metres ?? null,
			fewestKnown: view.known_characters_min ?? null,
			narrowBelow: view.narrow_below_characters ?? null,
		};
	}
	if (!me) return UNKNOWN;
	if (!me.permissions.includes(wordsOf(kind).permission))
		return {
			...UNKNOWN,
			closed: {
				sentence: 'This kind of question is a permission of its own, and your account does not have it.',
				help: 'Ask your agency’s manager for the permission.',
				isDoor: false,
				course: null,
			},
		};
	if (me.door === 'plain' && kind !== 'full-plate')
		return {
			...UNKNOWN,
			closed: {
				sentence: 'This kind of question needs the enhanced door.',
				help: 'Sign out, and in again through the enhanced door with your second factor.',
				isDoor: true,
				course: null,
			},
		};
	return UNKNOWN;
}
