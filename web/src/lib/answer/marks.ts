/** What a person thinks of the reads (RES-1), by their ids. Never changed, only replaced, so that what shows them knows. */
import type { Row } from './answer.svelte';
import type { Mark } from './columns';

export type Marks = ReadonlyMap<string, Mark>;

export const NO_MARKS: Marks = new Map();

export function withMark(marks: Marks, id: string, mark: Mark | null): Marks {
	const next = new Map(marks);
	if (mark === null) next.delete(id);
	else next.set(id, mark);
	return next;
}

/** With the marks that the service keeps of these rows; the same where it keeps none. */
export function withRows(marks: Marks, rows: readonly Row[]): Marks {
	const kept = rows.flatMap(({ id, mark }) => (mark ? [[id, mark] as const] : []));
	return kept.length ? new Map([...marks, ...kept]) : marks;
}
