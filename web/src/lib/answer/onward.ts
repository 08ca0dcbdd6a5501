/** From an answer to the next question. What fills the form asks nothing by itself. */
import { widerBody } from '../ask/body';
import { wallFrame } from '../ask/frames';
import type { Desk } from '../desk/desk.svelte';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import type { Answer, Row } from './answer.svelte';

function fill(desk: Desk, answer: Answer, kind: 'movement' | 'full-plate', plate: string, state: string): void {
	const { now } = desk.draft;
	now.kind = kind;
	now.plate = plate;
	now.state = state;
	if (answer.frame) desk.draft.takeFrame(wallFrame(answer.frame.from, answer.frame.until, session.zone));
	// What was wrong with the last question says nothing of this one.
	desk.draft.problem = null;
	desk.part = 'ask';
}

/** QRY-6: its own permission and its own step. */
export function askMovement(desk: Desk, answer: Answer, row?: Row | null): void {
	const asked = answer.asked.body?.question;
	const read = row ?? answer.rows[0];
	const plate = row?.plate ?? asked?.plate ?? read?.plate ?? '';
	fill(desk, answer, 'movement', plate, row?.state ?? asked?.state ?? read?.state ?? '');
	toasts.show(
		'The form now asks for the movement of this plate. It is more sensitive than its reads, so it is asked and recorded by itself: check why and when, then ask.',
	);
}

export function askPlate(desk: Desk, answer: Answer, row: Row): void {
	fill(desk, answer, 'full-plate', row.plate, row.state ?? '');
	toasts.show(`The form now asks about plate ${row.plate}. It is a question of its own: check why and when, then ask.`);
}

/** Asks the same with look-alikes and other readings, and shows so in the form where it still holds that question. */
export async function askWider(desk: Desk, answer: Answer): Promise<void> {
	const { asked } = answer;
	const body = asked.body && widerBody(asked.body);
	if (!body || desk.askedAt !== null) return;
	const { now } = desk.draft;
	if (now.kind === body.question.kind && now.plate.trim() === body.question.plate)
		Object.assign(now, { lookAlikes: true, alternatives: true });
	await desk.ask(body, asked);
}
