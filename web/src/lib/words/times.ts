/** Times in the agency's zone, always with the offset; a clock that jumps is never guessed about. */
import { Problem } from '../api/problem';

export interface WallParts {
	date: string;
	time: string;
	offset: string;
}

/** An IANA zone, and how its instants are read and written. */
export class Zone {
	readonly name: string;
	readonly #format: Intl.DateTimeFormat;
	readonly #day: Intl.DateTimeFormat;

	constructor(name: string) {
		this.name = name;
		const fields = {
			year: 'numeric',
			month: '2-digit',
			day: '2-digit',
			hour: '2-digit',
			minute: '2-digit',
			second: '2-digit',
		} as const;
		this.#format = new Intl.DateTimeFormat('en-GB', {
			...fields,
			timeZone: name,
			hourCycle: 'h23',
			timeZoneName: 'longOffset',
		});
		this.#day = new Intl.DateTimeFormat('en-GB', { timeZone: name, weekday: 'short', day: 'numeric', month: 'short' });
	}

	parts(instant: string | number | Date): WallParts {
		const part = Object.fromEntries(
			this.#format.formatToParts(new Date(instant)).map(({ type, value }) => [type, value]),
		);
		const offset = (part.timeZoneName ?? '').replace('GMT', '') || '+00:00';
		return {
			date: `${part.year}-${part.month}-${part.day}`,
			time: `${part.hour}:${part.minute}:${part.second}`,
			offset,
		};
	}

	/** `America/Los_Angeles (UTC−08:00)`; of a zone that is nothing but an offset, the offset. */
	label(instant: string | number | Date): string {
		const offset = `UTC${this.parts(instant).offset.replace('-', '−')}`;
		if (this.name === 'UTC') return 'UTC';
		return this.name.startsWith('Etc/') ? offset : `${this.name} (${offset})`;
	}

	/** `2026-05-03 14:20:05 -09:00`. */
	text(instant: string | number | Date): string {
		const { date, time, offset } = this.parts(instant);
		return `${date} ${time} ${offset}`;
	}

	/** `Sun 3 May`. */
	day(instant: string | number | Date): string {
		return this.#day.format(new Date(instant)).replace(',', '');
	}

	/** The value of a `datetime-local` input for an instant. */
	wall(instant: string | number | Date): string {
		const { date, time } = this.parts(instant);
		return `${date}T${time.slice(0, 5)}`;
	}

	/** The instants that such an input can mean, earliest first: one, two, or none where the clock jumps or no such day is. */
	readings(wall: string): string[] {
		const seconds = wall.length === 16 ? `${wall}:00` : wall;
		const near = Date.parse(`${wall}Z`);
		if (Number.isNaN(near)) return [];
		const around = [-86_400_000, 86_400_000].map((shift) => this.parts(near + shift).offset);
		return [...new Set(around)]
			.map((offset) => `${seconds}${offset}`)
			.filter((reading) => this.wall(reading) === wall.slice(0, 16))
			.toSorted((one, other) => Date.parse(one) - Date.parse(other));
	}

	/**
	 * The instant that such an input means, RFC 3339 with its offset. Throws a {@link Problem} where a clock that jumps
	 * makes it mean two instants, or none.
	 */
	instant(wall: string, field?: string): string {
		const real = this.readings(wall);
		if (real.length === 1) return real[0]!;
		throw Problem.here(
			real.length === 0
				? 'The clock jumps over this time. Choose one before or after'
				: `The clock shows this time twice (${real.join(' and ')}). Choose one before or after`,
			field,
		);
	}
}

/** `2026-05-03 23:20:05 UTC`. */
export const utc = (instant: string | number | Date): string =>
	`${new Date(instant)
		.toISOString()
		.replace('T', ' ')
		.replace(/(\.\d+)?Z$/, '')} UTC`;

/** `2 h 05 min`. */
export function span(seconds: number): string {
	const [days, hours, minutes] = [
		Math.floor(seconds / 86_400),
		Math.floor(seconds / 3600) % 24,
		Math.floor(seconds / 60) % 60,
	];
	if (days) return `${days} d ${hours} h`;
	if (hours) return `${hours} h ${String(minutes).padStart(2, '0')} min`;
	return minutes ? `${minutes} min ${String(seconds % 60).padStart(2, '0')} s` : `${seconds} s`;
}
