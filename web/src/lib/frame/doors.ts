/** Which door the next sign-in begins with; the person may still take the other. */
import type { Door } from '../session/session.svelte';

let next: Door = 'plain';

export const doors = {
	open(door: Door): void {
		next = door;
	},
	/** Only the next sign-in begins there. */
	take(): Door {
		const door = next;
		next = 'plain';
		return door;
	},
};
