import { toasts } from '../ui/toasts.svelte';

/** Puts text on the clipboard and says so. */
export async function copyText(text: string, done: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toasts.show(done, 'good');
	} catch {
		toasts.show('The browser does not let this page copy. Nothing was copied.', 'bad');
	}
}
