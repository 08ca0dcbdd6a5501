/** The form as the API wants it: only the fields of the kind, since the service refuses the others by name. */
import type { Schemas } from '../api/client';
import type { DrawnArea } from '../map/areas.svelte';
import type { Kind, Writing } from './draft.svelte';
import { wordsOf } from './kinds';

export type AskBody = Schemas['Ask'];

/** A frame that was read; without faults. */
export interface Instants {
	from: string | null;
	to: string | null;
}

const filled = (text: string): string | undefined => text.trim() || undefined;

/** Leaves out what is undefined: the types of the API tell missing from undefined. */
type Filled<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };
const only = <T extends object>(fields: T): Filled<T> =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Filled<T>;

/** `ownFrames` holds a frame for each area, null where it has none of its own. */
export function askBody(
	writing: Writing,
	frame: Instants,
	areas: readonly Pick<DrawnArea, 'rings'>[],
	ownFrames: readonly (Instants | null)[],
	preview: boolean,
): AskBody {
	const { kind, vehicle, purpose } = writing;
	const takes = wordsOf(kind);
	const question: Schemas['QuestionBody'] = {
		kind,
		...only({ from: frame.from ?? undefined, to: frame.to ?? undefined, state: filled(writing.state) }),
	};
	if (takes.plate) {
		question.plate = writing.plate.trim();
		question.look_alikes = writing.lookAlikes;
		question.alternatives = writing.alternatives;
	}
	if (takes.vehicle)
		question.vehicle = only({
			make: filled(vehicle.make),
			model: filled(vehicle.model),
			colour: filled(vehicle.colour),
			year: vehicle.year.trim() === '' ? undefined : Number(vehicle.year),
		});
	if (takes.areas)
		question.areas = areas.map(({ rings }, index) => {
			const own = kind === 'common-plate' ? ownFrames[index] : null;
			return { type: 'Polygon', coordinates: rings, ...(own?.from && own.to ? { from: own.from, to: own.to } : {}) };
		});

	const targetKind = filled(purpose.targetKind);
	const target = filled(purpose.target);
	return {
		question,
		purpose: {
			...only({
				reason: filled(purpose.reason),
				case_reference: filled(purpose.caseReference),
				subject: filled(purpose.subject),
				target: targetKind || target ? { kind: targetKind ?? '', description: target ?? '' } : undefined,
				justification: filled(purpose.justification),
				suspicion_facts: filled(purpose.suspicionFacts),
				on_behalf_of: filled(purpose.onBehalfOf),
			}),
			// A statement about places means nothing where no place is asked about.
			place_linked_to_case: takes.areas && purpose.placeLinkedToCase,
			not_based_on_trait: purpose.notBasedOnTrait,
		},
		preview,
	};
}

/** The body that shows the rows of what was previewed, or the newest of a large answer. */
export const shownBody = (body: AskBody, confirmLarge: boolean): AskBody => ({
	...body,
	preview: false,
	confirm_large: confirmLarge,
});

/** The body of the same question over another frame, as the service asks it again: areas give up frames of their own. */
export function againBody(body: AskBody, from: string, to: string): AskBody {
	const { areas, ...rest } = body.question;
	const question = { ...rest, from, to };
	return {
		...body,
		question: areas
			? { ...question, areas: areas.map(({ type, coordinates }) => ({ ...only({ type }), coordinates })) }
			: question,
		preview: false,
		confirm_large: false,
	};
}

/** The same with look-alikes and other readings; null where the kind takes none, or it had both. */
export function widerBody(body: AskBody): AskBody | null {
	const { question } = body;
	if (!wordsOf(question.kind as Kind).plate || (question.look_alikes && question.alternatives)) return null;
	return { ...body, question: { ...question, look_alikes: true, alternatives: true } };
}
