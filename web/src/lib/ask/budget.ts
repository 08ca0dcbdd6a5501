/** One's own budget of area and time within 30 days, before a question is asked. */
import type { Schemas } from '../api/client';
import { DAY_MS } from './frames';

/** Square kilometres times days that a question takes at most; null while its areas or frame are not known. */
export function budgetTaken(
	squareMetres: number | null,
	{ from, to }: { from: string | null; to: string | null },
	now: number,
): number | null {
	if (squareMetres === null || !from || !to) return null;
	// What lies in the future does not count.
	const days = Math.max(0, Math.min(Date.parse(to), now) - Date.parse(from)) / DAY_MS;
	return (squareMetres / 1e6) * days;
}

/** In two places: what is left rounded down, what is taken up, and never nothing. */
const left = (km2Days: number): string => (Math.floor(km2Days * 100) / 100).toLocaleString('en-US');
const taken = (km2Days: number): string => (Math.ceil(km2Days * 100) / 100).toLocaleString('en-US');

export function budgetInWords(budget: Schemas['AreaBudgetView'], takes: number | null): string {
	const rest = `${left(budget.left_km2_days)} of ${budget.km2_days.toLocaleString('en-US')} km² × days left within 30 days`;
	return takes === null ? `${rest}.` : `${rest}; this takes at most ${taken(takes)}.`;
}
