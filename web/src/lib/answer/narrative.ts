/** Reads as plain text with the receipt, for the agency's own case system (RES-4). */
import { many, number, percent, words } from '../words/numbers';
import { stateName } from '../words/states';
import { utc, type Zone } from '../words/times';
import type { AnswerView, Row } from './answer.svelte';
import { pieces, vehicleName, whyMatched } from './words';

export interface Teller {
	name: string;
	unit: string;
	agency: string;
}

/** The question said back with times in a zone. */
export const said = (sentence: string, zone: Zone): string =>
	pieces(sentence)
		.map((piece) => ('text' in piece ? piece.text : 'plate' in piece ? piece.plate : zone.text(piece.instant)))
		.join('');

function paragraph(row: Row, zone: Zone): string {
	const state = row.state ? stateName(row.state) : 'no state reported';
	const facts = [
		`${zone.text(row.scan_time)} (${utc(row.scan_time)}): plate ${row.plate}, ${state}, was read by ${row.camera} (${words(row.source)}, ${row.owner})`,
		`at ${row.lat.toFixed(5)}, ${row.lon.toFixed(5)}.`,
		`Vehicle: ${vehicleName(row) || 'not reported'}.`,
		row.confidence === null || row.confidence === undefined
			? 'The reader gave no confidence.'
			: `The reader was ${percent(row.confidence)} sure.`,
		`Why it matched: ${whyMatched(row)}`,
		row.verified || row.match === 'exact' ? '' : 'Unverified: fewer than two photos.',
		row.low_quality ? 'The plate is small in the picture.' : '',
		`Detection ${row.id}, ${many(row.photos, 'photo')}.`,
	];
	return facts.filter(Boolean).join(' ');
}

/** One read, or the relevant ones, in order of time. */
export function narrative(view: AnswerView, rows: readonly Row[], zone: Zone, by: Teller): string {
	const inOrder = [...rows].sort((a, b) => Date.parse(a.scan_time) - Date.parse(b.scan_time));
	const { receipt } = view;
	return [
		`License plate reads: ${many(rows.length, 'read')}`,
		`Asked by ${by.name}, ${by.unit}, ${by.agency}, on ${zone.text(receipt.time)}: ${said(view.sentence, zone)}`,
		...inOrder.map((row, index) => (rows.length > 1 ? `${index + 1}. ` : '') + paragraph(row, zone)),
		`Receipt: Sightline ledger entry ${number(receipt.entry)}, ${utc(receipt.time)}, leaf hash ${receipt.leaf_hash}; outcome in entry ${number(receipt.outcome_entry)}.`,
		view.reminder,
	].join('\n\n');
}
