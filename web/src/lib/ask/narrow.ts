/** Ways to ask a narrower question when 10,000 or more reads match. */
import type { Schemas } from '../api/client';
import type { IconName } from '../ui/Icon.svelte';
import { DAY_MS, LAST } from './frames';

type Question = Schemas['QuestionBody'];

export interface Shorter {
	label: string;
	/** RFC 3339. */
	from: string;
	to: string;
}

/** Frames with the same end that are clearly shorter, longest first. */
export function shorterFrames({ from, to }: Question): Shorter[] {
	if (!from || !to) return [];
	const [begins, ends] = [Date.parse(from), Date.parse(to)];
	return LAST.filter(({ days }) => days * DAY_MS < (ends - begins) * 0.9)
		.map(({ label, days }) => ({ label: `Last ${label}`, from: new Date(ends - days * DAY_MS).toISOString(), to }))
		.toReversed();
}

export interface Way {
	/** As `data-field` names it. */
	field: string;
	label: string;
	icon: IconName;
}

/** What the question does not say yet, and what can be said more closely. */
export function narrowings({ kind, plate, state, vehicle, areas }: Question): Way[] {
	const ways: Way[] = [];
	if (kind === 'partial-plate' && plate) ways.push({ field: 'plate', label: 'More characters', icon: 'partial' });
	if (areas?.length) ways.push({ field: 'areas', label: 'Smaller areas', icon: 'polygon' });
	if (!state) ways.push({ field: 'state', label: 'Add the state', icon: 'plate' });
	if (kind !== 'full-plate' && kind !== 'movement') {
		if (!vehicle?.make) ways.push({ field: 'vehicle.make', label: 'Add the make', icon: 'vehicle' });
		if (!vehicle?.model) ways.push({ field: 'vehicle.model', label: 'Add the model', icon: 'vehicle' });
		if (!vehicle?.colour) ways.push({ field: 'vehicle.colour', label: 'Add the color', icon: 'vehicle' });
	}
	return ways;
}
