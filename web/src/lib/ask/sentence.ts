/** The question said back, as it stands. */
import { many } from '../words/numbers';
import { stateName } from '../words/states';
import type { Writing } from './draft.svelte';
import { frameWords, LAST } from './frames';
import { wordsOf } from './kinds';
import { characters } from './pattern';
import { colourWord, makeWord, modelWord } from './vehicles';

/** `7AB?12*` as it will be compared, or a gap. */
const plateText = (text: string): string => characters(text).join('') || '…';

/** `white 2019 Toyota Tacoma`. */
export function vehicleWords({ make, model, colour, year }: Writing['vehicle']): string {
	const words = [colour && colourWord(colour), year.trim(), make && makeWord(make), model && modelWord(model)];
	const said = words.filter(Boolean).join(' ');
	return said && !make && !model ? `${said} vehicle` : said;
}

/** `now` is a wall time in the agency's zone. */
export function whatSentence(writing: Writing, areas: number, now: string): string {
	const takes = wordsOf(writing.kind);
	const plate = plateText(writing.plate);
	const vehicle = takes.vehicle ? vehicleWords(writing.vehicle) : '';
	const places = areas === 0 ? '…' : many(areas, 'area');
	const subject = {
		'full-plate': `Reads of ${plate}`,
		'partial-plate': `Plates like ${plate}`,
		'make-model': vehicle ? `Every ${vehicle}` : 'Every … vehicle',
		area: areas === 1 ? 'Every plate in the area' : `Every plate in ${places}`,
		'common-plate': areas === 2 ? 'Plates in both areas' : `Plates in at least two of ${places}`,
		movement: `Movement of ${plate}`,
	}[writing.kind];
	const widened = takes.plate
		? [writing.lookAlikes && 'look-alikes too', writing.alternatives && 'other readings too']
		: [];
	const last = LAST.find(({ value }) => value === writing.last);
	const frame = last ? `the last ${last.label}` : frameWords(writing, now);
	const parts = [
		subject,
		writing.state && stateName(writing.state),
		writing.kind === 'make-model' ? '' : vehicle,
		...widened,
		frame,
	];
	return `${parts.filter(Boolean).join(', ')}.`;
}

/** `Smuggling`, `HF-2026-0113`, `for yourself`. */
export function whyParts(purpose: Writing['purpose'], reason: string, colleague: string): string[] {
	const whom = purpose.onBehalfOf ? `for ${colleague || 'a colleague'}` : 'for yourself';
	return [reason || 'No reason yet', purpose.caseReference.trim(), whom].filter(Boolean);
}
