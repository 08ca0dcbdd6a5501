/** The keyboard map: every part that is on the screen says its keys here, and `?` shows those that work now. */
import { onDestroy } from 'svelte';

export interface Key {
	/** As it is shown: `J`, `Ctrl + Enter`, `?`. A single letter works in both cases. */
	key: string;
	what: string;
	/** Left out where the browser or a control acts on the key by itself, and it is only shown. */
	run?: (event: KeyboardEvent) => void;
	/** Works while typing in a field too. */
	whileTyping?: boolean;
}

export interface KeyGroup {
	title: string;
	keys: Key[];
	/** Keys of the page rest while a dialog or a menu is in front of it; those of a dialog work only then. */
	within: 'page' | 'dialog' | 'anywhere';
}

class Keys {
	groups = $state.raw<KeyGroup[]>([]);
	isShown = $state(false);

	/** Adds keys for as long as the component that calls this is there. Call it while a component is made. */
	use(title: string, keys: Key[], within: KeyGroup['within'] = 'page'): void {
		const group: KeyGroup = { title, keys, within };
		this.groups = [...this.groups, group];
		onDestroy(() => (this.groups = this.groups.filter((other) => other !== group)));
	}

	/** The window's listener. Parts that came last are asked first. */
	press(event: KeyboardEvent): void {
		if (event.defaultPrevented || event.isComposing) return;
		const target = event.target instanceof Element ? event.target : null;
		const isTyping =
			target?.closest('input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]') !==
			null;
		const within = document.querySelector('dialog[open], :popover-open:not([popover="manual"])') ? 'dialog' : 'page';
		for (const { keys, within: place } of this.groups.toReversed()) {
			if (place !== within && place !== 'anywhere') continue;
			for (const { key, run, whileTyping = false } of keys) {
				if (!run || (isTyping && !whileTyping) || !matches(key, event)) continue;
				event.preventDefault();
				run(event);
				return;
			}
		}
	}
}

const NAMES: Record<string, string> = {
	up: 'arrowup',
	down: 'arrowdown',
	left: 'arrowleft',
	right: 'arrowright',
	space: ' ',
	esc: 'escape',
};

/** Whether an event is the key that is written as `Ctrl + Enter`, `J` or `?`. On a Mac Command counts as Ctrl. */
function matches(written: string, event: KeyboardEvent): boolean {
	const parts = written.toLowerCase().split(/\s\+\s/);
	const name = parts.at(-1) ?? '';
	const ctrl = parts.includes('ctrl');
	const shift = parts.includes('shift');
	if ((event.ctrlKey || event.metaKey) !== ctrl || event.altKey) return false;
	if (name.length > 1 && event.shiftKey !== shift) return false;
	if (name.length === 1 && /[a-z]/.test(name) && event.shiftKey !== shift) return false;
	return event.key.toLowerCase() === (NAMES[name] ?? name);
}

export const keys = new Keys();
