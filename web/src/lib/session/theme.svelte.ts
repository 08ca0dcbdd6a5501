/** Light or dark: as the system says, until it is chosen. */

type Choice = 'light' | 'dark' | 'system';

const KEY = 'sightline-theme';
const system = globalThis.matchMedia?.('(prefers-color-scheme: dark)');

class Theme {
	choice = $state<Choice>('system');
	#systemIsDark = $state(system?.matches ?? false);

	constructor() {
		const kept = globalThis.localStorage?.getItem(KEY);
		if (kept === 'light' || kept === 'dark') this.choice = kept;
		system?.addEventListener('change', ({ matches }) => (this.#systemIsDark = matches));
		this.#apply();
	}

	get isDark(): boolean {
		return this.choice === 'system' ? this.#systemIsDark : this.choice === 'dark';
	}

	choose(choice: Choice): void {
		this.choice = choice;
		if (choice === 'system') localStorage.removeItem(KEY);
		else localStorage.setItem(KEY, choice);
		this.#apply();
	}

	#apply(): void {
		if (!globalThis.document) return;
		if (this.choice === 'system') delete document.documentElement.dataset.theme;
		else document.documentElement.dataset.theme = this.choice;
	}
}

export const theme = new Theme();
