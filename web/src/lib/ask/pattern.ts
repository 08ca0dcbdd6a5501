/** What a plate box accepts: the same reading as the service's (crates/domain/src/plate.rs), said in words. */
import { many } from '../words/numbers';

/** What the agency's policy says that `*` means; `?` is exactly one character everywhere. */
export type Star = 'one' | 'any';
export type Token = { literal: string } | 'one' | 'any';

/** Characters of a plate, and tokens of a pattern: limits of the service. */
const PLATE_MAX = 16;
const TOKENS_MAX = 32;
const SEPARATORS = /[\s\-.·•‧/]/u;
const PLATE_CHARACTER = /[\p{L}\p{N}]/u;

export interface Pattern {
	tokens: Token[];
	/** Characters that are known. */
	known: number;
	/** Characters that a plate must have to fit. */
	least: number;
	/** Whether longer ones fit too. */
	isOpen: boolean;
	/** Why it is no pattern, as a sentence without its stop; null where it is one, or is empty. */
	fault: string | null;
	/** A full plate was asked for and this has wildcards. */
	hasWildcards: boolean;
}

/** Upper case without what only separates, as plates are compared. */
export const characters = (text: string): string[] =>
	[...text.normalize('NFKC').toUpperCase()].filter((character) => !SEPARATORS.test(character));

/** Reads what was typed. `kind` is `one` for a whole plate and `pattern` where `*` and `?` may stand in it. */
export function readPattern(text: string, kind: 'one' | 'pattern', star: Star): Pattern {
	const tokens: Token[] = [];
	let fault: string | null = null;
	let hasWildcards = false;
	for (const character of characters(text)) {
		if (character === '*' || character === '?') {
			hasWildcards = true;
			const token = character === '*' && star === 'any' ? 'any' : 'one';
			if (!(token === 'any' && tokens.at(-1) === 'any')) tokens.push(token);
		} else if (PLATE_CHARACTER.test(character)) tokens.push({ literal: character });
		else
			fault ??= `“${character}” is not part of a plate: letters and digits${kind === 'pattern' ? ', * and ?' : ''} only`;
	}
	if (kind === 'one' && hasWildcards) fault ??= 'A full plate has no * or ?';
	if (kind === 'one' && tokens.length > PLATE_MAX) fault ??= `A plate has at most ${PLATE_MAX} characters`;
	if (tokens.length > TOKENS_MAX) fault ??= `A pattern has at most ${TOKENS_MAX} characters`;
	return {
		tokens,
		known: tokens.filter((token) => typeof token === 'object').length,
		least: tokens.filter((token) => token !== 'any').length,
		isOpen: tokens.includes('any'),
		fault,
		hasWildcards,
	};
}

/** `AB, then one character, then 123: exactly 6 characters, 5 known`; empty for an empty pattern. */
export function accepts({ tokens, known, least, isOpen }: Pattern): string {
	if (tokens.length === 0) return '';
	const parts: string[] = [];
	for (let place = 0; place < tokens.length;) {
		const from = place;
		const token = tokens[place]!;
		const isSame = (other: Token | undefined) =>
			other !== undefined && (typeof token === 'object' ? typeof other === 'object' : other === token);
		while (isSame(tokens[place])) place += 1;
		const run = tokens.slice(from, place);
		if (typeof token === 'object') parts.push(run.map((one) => (typeof one === 'object' ? one.literal : '')).join(''));
		else if (token === 'any') parts.push('any characters or none');
		else parts.push(run.length === 1 ? 'one character' : `${run.length} characters`);
	}
	const length = isOpen ? `${many(least, 'character')} or more` : `exactly ${many(least, 'character')}`;
	return `${parts.join(', then ')}: ${length}, ${known === least && !isOpen ? 'all' : known} known`;
}

/** Whether the whole of a plate fits. */
export function fits({ tokens }: Pattern, plate: string): boolean {
	const text = characters(plate);
	// Places in the pattern that can be reached after each character; `any` may also be passed without one.
	const through = (places: Set<number>) => {
		for (const place of places) if (tokens[place] === 'any') places.add(place + 1);
		return places;
	};
	let places = through(new Set([0]));
	for (const character of text) {
		const next = new Set<number>();
		for (const place of places) {
			const token = tokens[place];
			if (token === 'any') next.add(place);
			else if (token === 'one' || (typeof token === 'object' && token.literal === character)) next.add(place + 1);
		}
		places = through(next);
	}
	return places.has(tokens.length);
}

/** Plates that fit, and near ones that do not; nothing where there is nothing to show by example. */
export function examples(pattern: Pattern): { fit: string[]; miss: string[] } {
	const { tokens } = pattern;
	if (pattern.fault !== null || !tokens.some((token) => typeof token === 'string')) return { fit: [], miss: [] };
	const fill = (one: string, any: string, count = 1) =>
		tokens
			.map((token) => (typeof token === 'object' ? token.literal : token === 'one' ? one.repeat(count) : any))
			.join('');
	const last = tokens.findLastIndex((token) => typeof token === 'object');
	const withoutLast = tokens
		.map((token, place) =>
			place === last ? '' : typeof token === 'object' ? token.literal : token === 'one' ? 'C' : '',
		)
		.join('');
	const short = (plates: string[]) =>
		[...new Set(plates)].filter((plate) => plate.length > 0 && plate.length <= PLATE_MAX);
	return {
		fit: short([fill('C', ''), fill('7', pattern.isOpen ? 'K' : ''), fill('X', 'K25')])
			.filter((plate) => fits(pattern, plate))
			.slice(0, 3),
		miss: short([fill('', ''), fill('C', '', 2), withoutLast])
			.filter((plate) => !fits(pattern, plate))
			.slice(0, 2),
	};
}

/** What `*` means here, in one line. */
export const starMeans = (star: Star): string =>
	star === 'one'
		? '* and ? each stand for exactly one character.'
		: '* stands for any characters or none, ? for exactly one.';
