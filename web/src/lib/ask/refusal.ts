/** Finds the control that a refusal speaks of. */

/** The service's words for fields that the form calls otherwise. */
const OTHER: Record<string, string> = {
	tokens: 'plate',
	pattern: 'plate',
	places: 'areas',
	time_frame: 'from',
	frame: 'from',
	vehicle: 'vehicle.make',
	kind: 'kind',
	'purpose.target': 'purpose.target.description',
	target: 'purpose.target.description',
};

/** `question.areas[1].coordinates` and `criteria.areas` are both `areas`. */
export function fieldOf(path: string | undefined): string | null {
	if (!path) return null;
	const own = /^question\.areas\[(\d+)\](?:\.(from|to))$/.exec(path);
	if (own) return `areas.${own[1]}.${own[2]}`;
	const plain = path.replace(/\[\d+\].*$/, '').replace(/^(question|criteria)\./, '');
	return OTHER[plain] ?? plain;
}

/** Which part of the form a field is in. */
export const isWhy = (field: string): boolean => field.startsWith('purpose.');
