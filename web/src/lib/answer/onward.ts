/** From an answer to the next question: fills the form and goes there; nothing is asked by itself. */
import type { Desk } from '../desk/desk.svelte';
import { session } from '../session/session.svelte';
import { toasts } from '../ui/toasts.svelte';
import type { Answer, Row } from './answer.svelte';

function fill(desk: Desk, answer: Answer, kind: 'movement' | 'full-plate', plate: string, state: string): void {
	const { now } = desk.draft;
	now.kind = kind;
	now.plate = plate;
	now.state = state;
	if (answer.frame && !(now.from && now.to)) {
		now.from = session.zone.wall(answer.frame.from);
		now.to = session.zone.wall(answer.frame.until);
	}
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
