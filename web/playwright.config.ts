/**
 * Browser tests against a real service: `scripts/browser` starts a demo on a temporary folder and runs them. Pictures
 * that must not change by surprise are in tests/pictures; pictures of every place go to target/screens.
 */
import { defineConfig } from '@playwright/test';

export default defineConfig({
	testDir: 'tests',
	outputDir: 'test-results',
	// One service and one story: the tests share accounts whose codes count once.
	workers: 1,
	fullyParallel: false,
	forbidOnly: true,
	retries: 0,
	timeout: 60_000,
	reporter: [['list']],
	snapshotPathTemplate: 'tests/pictures/{arg}{ext}',
	expect: {
		timeout: 10_000,
		// The same page gives the same pixels here; a few may differ where another build of the browser smooths an edge.
		toHaveScreenshot: { maxDiffPixelRatio: 0.002, animations: 'disabled', caret: 'hide' },
	},
	use: {
		baseURL: process.env.SIGHTLINE_ADDRESS ?? 'http://localhost:8080',
		locale: 'en-US',
		timezoneId: 'UTC',
		viewport: { width: 1440, height: 900 },
		contextOptions: { reducedMotion: 'reduce' },
		launchOptions: {
			executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
			args: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
		},
	},
	projects: [
		{ name: 'sign in', testMatch: 'accounts.setup.ts' },
		// Before other tests change what an agency holds.
		{ name: 'pictures', testMatch: 'pictures.spec.ts', dependencies: ['sign in'] },
		{ name: 'places', testMatch: '*.spec.ts', testIgnore: 'pictures.spec.ts', dependencies: ['sign in'] },
	],
});
