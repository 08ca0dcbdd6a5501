import { sveltekit } from '@sveltejs/kit/vite';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds the service: a running `sightline demo`. */
const service = process.env.SIGHTLINE_ADDRESS ?? 'http://localhost:8080';

const proxy = Object.fromEntries(
	['/api', '/ledger', '/basemap'].map((path) => [path, { target: service, changeOrigin: true }]),
);

export default defineConfig({
	plugins: [sveltekit(), svelteTesting()],
	build: {
		// Fonts and icons as files: data URLs would need a wider content security policy.
		assetsInlineLimit: 0,
		// MapLibre is one chunk of 1.1 MB (240 kB compressed), loaded when a map is shown.
		chunkSizeWarningLimit: 1200,
	},
	worker: { format: 'es' },
	server: { proxy },
	preview: { proxy },
	test: { environment: 'jsdom', include: ['src/**/*.test.ts'], globals: false },
});
