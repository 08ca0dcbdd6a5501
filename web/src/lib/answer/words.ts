/** What the page says about reads: labels of values, why a read matched, the question with times that people read. */
import { areaLetter } from '../words/areas';
import { words } from '../words/numbers';
import { stateName } from '../words/states';
import type { Row } from './answer.svelte';
import type { FacetKey } from './columns';

/** Short, for tags and counts. */
export const MATCH: Record<string, string> = {
	exact: 'exact',
	'unknown-state': 'state unknown',
	'look-alike': 'look-alike',
	alternative: 'other reading',
};

const MARK: Record<string, string> = { relevant: 'relevant', 'not-relevant': 'not relevant', none: 'not marked' };

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** A make, model or color as a name. What a camera wrote with capitals stays. */
export const named = (text: string): string =>
	text === text.toLowerCase()
		? text.replace(/[^\s]+/g, (word) =>
				isLetters(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1),
			)
		: text;

/** Names that are letters and figures more than words: `bmw`, `rav4`, `cr-v`, `f-150`. */
const isLetters = (word: string): boolean => /^(bmw|gmc|mg|vw)$/.test(word) || (word.length <= 5 && /[\d-]/.test(word));

/** A facet's value for people. */
export function valueName(key: FacetKey, value: string): string {
	switch (key) {
		case 'match':
			return capital(MATCH[value] ?? words(value));
		case 'mark':
			return capital(MARK[value] ?? value);
		case 'area':
			return `Area ${areaLetter(Number(value))}`;
		case 'state':
			return value === '' ? 'No state' : stateName(value);
		case 'source':
			return capital(words(value));
		case 'verified':
			return value === 'verified' ? 'Two or more' : 'Unverified';
		case 'make':
		case 'model':
		case 'colour':
			return value === '' ? 'Not reported' : named(value);
		default:
			return value === '' ? 'Not reported' : value;
	}
}

/** `2019 gray Ford F-150`; empty where the camera reported nothing. */
export const vehicleName = (row: Row): string =>
	[row.year, row.colour, row.make && named(row.make), row.model && named(row.model)].filter(Boolean).join(' ');

/** Why a read is in the answer, as a sentence. */
export function whyMatched(row: Row): string {
	switch (row.match) {
		case 'exact':
			return row.verified
				? 'As read.'
				: 'As read, but with fewer than two photos: unverified, so it is not called a match.';
		case 'unknown-state':
			return 'The plate as read; the camera reported no state.';
		case 'look-alike':
			return 'With characters that look alike taken for one another.';
		case 'alternative': {
			const reading = row.readings[row.matched_reading ?? -1]?.plate;
			return `By another reading of the same picture${reading ? `, ${reading}` : ''}.`;
		}
		default:
			return `Matched by ${words(row.match)}.`;
	}
}

export type Piece = { text: string } | { instant: string } | { plate: string };

/** The question said back, with its instants and its plate apart, so that each is shown as such. */
export function pieces(sentence: string): Piece[] {
	return sentence
		.split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/)
		.flatMap((part, index): Piece[] => {
			if (index % 2) return [{ instant: part }];
			const [, before, plate, after] = /^(.*?plates? (?:like )?)([A-Z0-9?…]+)(,.*)$/is.exec(part) ?? [];
			if (before === undefined || !plate || plate !== plate.toUpperCase()) return [{ text: withStates(part) }];
			return [{ text: before }, { plate }, { text: withStates(after ?? '') }];
		})
		.filter((piece) => !('text' in piece) || piece.text !== '');
}

const withStates = (text: string): string => text.replace(/\b(?:US|CA|MX)-[A-Z]{2,3}\b/g, (code) => stateName(code));
