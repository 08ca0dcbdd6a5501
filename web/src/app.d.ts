declare global {
	namespace App {
		interface PageState {
			/** The part of the desk that a narrow screen shows, so that the back button goes back to the one before. */
			part?: import('$lib/desk/desk.svelte').Part;
		}
	}
}

export {};
