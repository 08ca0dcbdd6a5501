import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
	kit: {
		// One page for every address: the server embeds `build/` and answers unknown paths with it. Compression and the
		// content security policy (with the hash of the start script) are the server's: see crates/server/build.rs.
		adapter: adapter({ pages: 'build', assets: 'build', fallback: 'app.html', precompress: false }),
		inlineStyleThreshold: 0,
		output: { bundleStrategy: 'split' },
		typescript: {
			config: (config) => {
				config.include.push('../playwright.config.ts', '../tests/**/*.ts', '../eslint.config.js', '../scripts/*.js');
			},
		},
		version: { name: 'sightline' },
	},
	compilerOptions: { runes: true },
};
