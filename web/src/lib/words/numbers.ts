/** Numbers and sizes as people read them. */

const whole = new Intl.NumberFormat('en-US');
const short = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

/** `12,345`. */
export const number = (value: number): string => whole.format(value);

/** `1 read`, `2 reads`, `10,000 reads`. */
export const many = (count: number, word: string, plural = `${word}s`): string =>
	`${number(count)} ${count === 1 ? word : plural}`;

/** How many, as the service counts: exactly, or at least. */
export const counted = (count: { exactly?: number | null; at_least?: number | null }): string =>
	count.exactly === undefined || count.exactly === null
		? `At least ${many(count.at_least ?? 0, 'read')}`
		: many(count.exactly, 'read');

/** A share from 0 to 1 as `93 %`. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** `14.2 m²`, `3,400 m²`, `0.52 km²`. */
export const squareMetres = (value: number): string =>
	value >= 1e5 ? `${short.format(value / 1e6)} km²` : `${short.format(value)} m²`;

/** `40 m`, `1.2 km`. */
export const metres = (value: number): string =>
	value >= 1000 ? `${short.format(value / 1000)} km` : `${short.format(value)} m`;

/** With a capital letter and a full stop. */
export const sentence = (text: string): string =>
	text === '' ? '' : text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

/** `toll-road` as `toll road`. */
export const words = (slug: string): string => slug.replaceAll('-', ' ');
