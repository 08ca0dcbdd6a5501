import { expect, test, vi } from 'vitest';
import { Scene, type SceneEvents } from './scene';

const made = vi.hoisted(() => ({ removed: 0, load: () => {} }));

vi.mock('maplibre-gl', () => ({
	addProtocol: () => {},
	setWorkerUrl: () => {},
	Map: class {
		once(_: string, run: () => void) {
			made.load = run;
		}
		remove() {
			made.removed++;
		}
	},
}));

test('a map that is closed before it has loaded leaves nothing', async () => {
	const stop = new AbortController();
	const events = {} as SceneEvents;
	const opened = Scene.open(document.createElement('div'), { dark: false, centre: null, events, signal: stop.signal });
	stop.abort();
	await expect(opened).rejects.toThrow();
	expect(made.removed).toBe(1);
});
