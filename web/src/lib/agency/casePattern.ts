/** How an agency writes its case references: `9` one digit, `A` one letter, `*` one or more of either, all else itself. */

/** A reference that fits; digits count up, so that it reads like a real one. */
export function example(pattern: string): string {
	let digit = 0;
	let letter = 0;
	return [...pattern]
		.map((sign) => {
			if (sign === '9') return String((digit++ % 9) + 1);
			if (sign === 'A') return 'KLMNPQR'.charAt(letter++ % 7);
			return sign === '*' ? '1A7' : sign;
		})
		.join('');
}

/** Whether a reference fits as a whole; case and spaces around it do not count. */
export function fits(pattern: string, reference: string): boolean {
	const source = [...pattern.trim()]
		.map((sign) => {
			if (sign === '9') return '[0-9]';
			if (sign === 'A') return '[A-Z]';
			if (sign === '*') return '[A-Z0-9]+';
			return sign.replace(/[$()*+.?[\\\]^{|}/]/g, '\\$&');
		})
		.join('');
	return new RegExp(`^${source}$`, 'iu').test(reference.trim());
}

/** The pattern in words: `HF, -, 4 digits, -, 4 digits`. */
export function inWords(pattern: string): string {
	const parts = pattern.trim().match(/9+|A+|\*+|[^9A*]+/g) ?? [];
	return parts
		.map((part) => {
			if (part.startsWith('9')) return part.length === 1 ? 'one digit' : `${part.length} digits`;
			if (part.startsWith('A')) return part.length === 1 ? 'one letter' : `${part.length} letters`;
			if (part.startsWith('*')) return 'one or more letters or digits';
			return `“${part}”`;
		})
		.join(', ');
}
