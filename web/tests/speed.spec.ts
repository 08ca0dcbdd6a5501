// How fast the app is: what is loaded first, how soon a key or a click shows, how 9,999 rows scroll.
import type { Page, TestInfo } from '@playwright/test';
import {
	answer,
	ask,
	count,
	expect,
	field,
	form,
	lastDays,
	mapIsIdle,
	openDesk,
	plate,
	purposes,
	rows,
	signedIn,
	test,
	why,
} from './support';

/** Bytes that came over the wire, as compressed, for addresses that `counts` keeps. */
async function bytesOf(page: Page, act: () => Promise<void>, counts: (url: string) => boolean): Promise<number> {
	const network = await page.context().newCDPSession(page);
	await network.send('Network.enable');
	const urls = new Map<string, string>();
	let bytes = 0;
	network.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
	network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
		if (counts(urls.get(requestId) ?? '')) bytes += encodedDataLength;
	});
	await act();
	return bytes;
}

/**
 * From a key or a click until the page has done all that it makes of it: handlers, update, layout. What is left is
 * drawing the picture, which is a graphics card's work, and the tests have none.
 */
async function measureEvents(
	page: Page,
): Promise<{ durations: number[]; one: (act: () => Promise<void>) => Promise<void> }> {
	await page.evaluate(() => {
		const kept: number[] = [];
		Object.assign(window, { __events: kept });
		for (const name of ['keydown', 'click'])
			addEventListener(
				name,
				(event) =>
					setTimeout(() => {
						document.body.getBoundingClientRect();
						kept.push(performance.now() - event.timeStamp);
					}),
				{ capture: true },
			);
	});
	const kept = () => page.evaluate(() => (window as unknown as { __events: number[] }).__events);
	const durations: number[] = [];
	return {
		durations,
		// One after the other, as a hand is: what waits behind another is not measured.
		async one(act) {
			const before = (await kept()).length;
			await act();
			await expect.poll(async () => (await kept()).length).toBeGreaterThan(before);
			durations.push(Math.max(...(await kept()).slice(before)));
		},
	};
}

/** Says a measured figure in the run's output. */
function say(info: TestInfo, what: string): void {
	info.annotations.push({ type: 'measured', description: what });
	process.stdout.write(`      ${what}\n`);
}

const share = (values: number[], part: number): number =>
	[...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? 0;

test.describe('an officer', () => {
	test.use(signedIn('officer', 'Standard'));

	test('the first load is under 1 MB compressed, without map data', async ({ page }) => {
		const bytes = await bytesOf(
			page,
			async () => {
				await page.goto('/');
				await form(page).waitFor();
				await page.waitForLoadState('networkidle');
			},
			(url) => !url.includes('/basemap/'),
		);
		say(test.info(), `first load ${Math.round(bytes / 1000)} kB`);
		expect(bytes).toBeGreaterThan(100_000);
		expect(bytes).toBeLessThan(1_000_000);
	});

	test('typing, choosing and walking through reads show within 100 ms', async ({ page }) => {
		await openDesk(page);
		await plate(page, 'full-plate', '', 'US-CA', purposes.police);
		await mapIsIdle(page);
		const { durations, one } = await measureEvents(page);
		for (const character of '7KXM204') await one(() => field(page, 'plate').press(character));
		for (const days of [7, 1, 30] as const) await one(() => lastDays(page, days));
		await ask(page);
		await expect(count(page)).toHaveText('8 reads');
		await expect(answer(page)).toHaveAttribute('data-loaded', 'true');
		await one(() => rows(page).first().getByText('7KXM204').first().click());
		for (let step = 0; step < 7; step += 1) await one(() => page.keyboard.press(step % 2 ? 'k' : 'j'));
		for (let step = 0; step < 3; step += 1) await one(() => page.keyboard.press('v'));
		say(
			test.info(),
			`${durations.length} events, median ${share(durations, 0.5).toFixed(0)}, 90th ${share(durations, 0.9).toFixed(0)} ms`,
		);
		expect(durations.length).toBe(21);
		expect(share(durations, 0.9)).toBeLessThan(100);
	});
});

test.describe('an investigator', () => {
	test.use(signedIn('investigator', 'Enhanced'));

	test('thousands of rows scroll without a stutter, and a filter is there within 100 ms', async ({ page }) => {
		await openDesk(page);
		await why(page, 'make-model', purposes.federal);
		await field(page, 'vehicle.make').fill('toyota');
		await lastDays(page, 7);
		await ask(page);
		const total = Number((await count(page).textContent())!.replace(/\D/g, ''));
		expect(total).toBeGreaterThan(1_000);
		await expect(answer(page)).toHaveAttribute('data-loaded', 'true', { timeout: 20_000 });
		// No photos: what is measured is the list.
		await page.keyboard.press('v');
		await page.keyboard.press('v');
		const gaps = await answer(page)
			.locator('.scroller')
			.evaluate(async (scroller) => {
				const found: number[] = [];
				let last = performance.now();
				const steps = 60;
				for (let step = 1; step <= steps; step += 1) {
					scroller.scrollTop = (scroller.scrollHeight * step) / steps;
					await new Promise((resolve) => requestAnimationFrame(resolve));
					const now = performance.now();
					found.push(now - last);
					last = now;
				}
				return found;
			});
		say(
			test.info(),
			`${total} rows, 60 long jumps: median frame ${share(gaps, 0.5).toFixed(0)}, 90th ${share(gaps, 0.9).toFixed(0)} ms`,
		);
		expect(share(gaps, 0.9)).toBeLessThan(100);
		expect(await rows(page).count()).toBeLessThan(200);
	});
});
