/** What the pages are made with; licences as their packages say (SPDX). */
export const CREDITS: { name: string; use: string; licence: string }[] = [
	{ name: 'Public Sans', use: 'Text and map labels', licence: 'OFL-1.1' },
	{ name: 'Roboto Mono', use: 'Plates, so that O and 0 differ', licence: 'OFL-1.1' },
	{ name: 'U.S. Web Design System', use: 'Color tokens', licence: 'CC0-1.0' },
	{ name: 'Svelte and SvelteKit', use: 'The pages', licence: 'MIT' },
	{ name: 'MapLibre GL JS', use: 'The map', licence: 'BSD-3-Clause' },
	{ name: 'Terra Draw', use: 'Drawing areas', licence: 'MIT' },
	{ name: 'PMTiles', use: 'Base maps from one file', licence: 'BSD-3-Clause' },
	{ name: 'openapi-fetch', use: 'Talking to the service', licence: 'MIT' },
];
