/** What is said beside the pointer. */
import { areaLetter } from '../words/areas';
import { many, squareMetres, words } from '../words/numbers';
import type { DrawnArea } from './areas.svelte';
import type { Place } from './places';
import type { Target } from './scene';

export function hintOf({ layer, properties }: Target, place: Place | undefined, areas: DrawnArea[]): string {
	const [row] = place?.rows ?? [];
	if (place && row) return `${place.rows.length === 1 ? row.plate : many(place.rows.length, 'read')} · ${row.camera}`;
	switch (layer) {
		case 'clusters':
			return `${many(Number(properties.sum), 'read')}: click to come nearer`;
		case 'cells':
			return `${many(Number(properties.reads), 'read')} in this cell`;
		case 'cameras':
			return [String(properties.name), words(String(properties.source)), String(properties.owner)].join(' · ');
		case 'areas': {
			const index = areas.findIndex(({ id }) => id === properties.id);
			const size = areas[index]?.squareMetres ?? null;
			return index < 0 ? '' : `Area ${areaLetter(index)}${size === null ? '' : ` · ${squareMetres(size)}`}`;
		}
		default:
			return '';
	}
}
