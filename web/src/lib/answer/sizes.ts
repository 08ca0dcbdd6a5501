/** Fixed sizes of a read in each view: what is drawn of a long list is arithmetic. In pixels. */
import type { ViewName } from './answer.svelte';
import type { SortKey } from './sections';
import type { Metrics } from './window';

/** From this width on a card has its photos at the left. */
export const WIDE = 760;
export const TABLE_HEAD = 32;
/** Above a stop: the time since the one before. */
export const GAP = 26;

const TILE = 148;

/** Of the photos on a card. */
export const photoHeight = (width: number): number => (width < 440 ? 92 : 112);

export function metricsOf(view: ViewName, width: number, isMovement: boolean, isCoarse: boolean): Metrics {
	if (view === 'table') return { head: 30, line: isCoarse ? 44 : 32, columns: 1 };
	if (view === 'grid') {
		const columns = Math.max(2, Math.floor(width / TILE));
		const tile = width / columns;
		return { head: 34, line: Math.round(((tile - 12) * 9) / 16) + 54, columns };
	}
	const card = width >= WIDE ? 132 : photoHeight(width) + (isCoarse ? 104 : 96);
	return { head: 34, line: card + (isMovement ? GAP : 0), columns: 1 };
}

export interface Column {
	label: string;
	width: number;
	sort?: SortKey;
	/** Stays while the others scroll sideways. */
	isPinned?: boolean;
	/** Its label is only heard. */
	isUnnamed?: boolean;
}

export const COLUMNS: Column[] = [
	{ label: 'Plate', width: 114, sort: 'plate', isPinned: true },
	{ label: 'State', width: 60, sort: 'state' },
	{ label: 'Time', width: 206, sort: 'time' },
	{ label: 'Vehicle', width: 170, sort: 'vehicle' },
	{ label: 'Camera', width: 240, sort: 'camera' },
	{ label: 'Sure', width: 58, sort: 'confidence' },
	{ label: 'Why', width: 108, sort: 'match' },
	{ label: 'Areas', width: 70 },
	{ label: 'Photos and marks', width: 148, isUnnamed: true },
];

export const TABLE_WIDTH = COLUMNS.reduce((sum, { width }) => sum + width, 0);
