/** Days as people say them, for what ends, is due or was long ago. */

const DAY_MS = 86_400_000;
const format = new Map<string, Intl.DateTimeFormat>();

/** `May 3, 2027` in a zone: the day is what counts, and years matter. */
export function longDay(instant: string | number, zone: string): string {
	const known = format.get(zone);
	const made = known ?? new Intl.DateTimeFormat('en-US', { timeZone: zone, dateStyle: 'medium' });
	if (!known) format.set(zone, made);
	return made.format(new Date(instant));
}

/** `May 3, 2027` of an end that is the instant after its last day: the last day itself. */
export const lastDay = (end: string, zone: string): string => longDay(Date.parse(end) - 1, zone);

/** `today`, `yesterday`, `in 12 days`, `3 months ago`: near days by number, far ones roughly. */
export function fromNow(instant: string, now: number): string {
	const days = Math.round((Date.parse(instant) - now) / DAY_MS);
	const size = Math.abs(days);
	if (days === 0) return 'today';
	if (size === 1) return days > 0 ? 'tomorrow' : 'yesterday';
	const [count, word] =
		size < 60
			? [size, 'days']
			: size < 730
				? [Math.round(size / 30.4), 'months']
				: [Math.round(size / 365.25), 'years'];
	return days > 0 ? `in ${count} ${word}` : `${count} ${word} ago`;
}

/** The value of a date input, some days from now, in a zone. */
export function dateAhead(now: number, days: number, zone: string): string {
	return new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date(now + days * DAY_MS));
}
