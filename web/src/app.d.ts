declare global {
	namespace App {
		interface PageState {
			/** A photo viewer or detail is open, so that the back button closes it. */
			overlay?: string;
		}
	}
}

export {};
