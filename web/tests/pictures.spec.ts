// The visual check: these pictures must not change by surprise. After a change that was meant, look at each that changed
// (test-results/ has both and the difference), then `scripts/browser --update-snapshots=all pictures`.
import type { Page } from '@playwright/test';
import { fileURLToPath } from 'node:url';
import {
	acceptRules,
	answer,
	ask,
	count,
	drawRectangle,
	expect,
	field,
	form,
	mapIsIdle,
	openDesk,
	PHONE,
	plate,
	purposes,
	signedIn,
	signIn,
	test,
	why,
} from './support';

// The style that hides what varies is inline, which the app's own policy refuses.
test.use({ bypassCSP: true });

const stylePath = fileURLToPath(new URL('pictures.css', import.meta.url));

/** Photos and map are there, nothing has the pointer, and the picture is as it was. */
async function same(page: Page, name: string): Promise<void> {
	await page.mouse.move(0, 0);
	await mapIsIdle(page);
	await page.evaluate(() => document.fonts.ready);
	await expect(page).toHaveScreenshot(`${name}.png`, { stylePath });
}

/** The demo ends at 12:30 on 20 November in its zone; a frame of one's own does not move with the clock. */
async function fixedFrame(page: Page, from = '2026-10-22T00:00', to = '2026-11-20T12:00'): Promise<void> {
	await field(page, 'from').fill(from);
	await field(page, 'to').fill(to);
}

const photosAreThere = (page: Page) =>
	expect
		.poll(() =>
			answer(page)
				.locator('img')
				.evaluateAll(
					(images) => images.length > 1 && images.every((image) => (image as HTMLImageElement).naturalWidth > 50),
				),
		)
		.toBe(true);

test.describe('before anybody is signed in', () => {
	test('sign-in and rules look as they did', async ({ page }) => {
		await page.goto('/');
		await page.getByLabel('Sign-in name').waitFor();
		await same(page, 'sign-in');
		await signIn(page, 'officer');
		await same(page, 'rules');
		await acceptRules(page);
	});
});

test.describe('an investigator', () => {
	test.use(signedIn('investigator', 'Enhanced'));
	test.beforeEach(({ page }) => openDesk(page));

	test('the desk before any question looks as it did, light and dark', async ({ page }) => {
		await fixedFrame(page);
		await same(page, 'desk');
		await page.emulateMedia({ colorScheme: 'dark' });
		await same(page, 'desk-dark');
	});

	test('a plate and its movement look as they did', async ({ page }) => {
		await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.federal);
		await fixedFrame(page);
		await ask(page);
		await photosAreThere(page);
		await same(page, 'plate');
		await plate(page, 'movement', '7KXM204', 'US-CA', purposes.federal);
		await fixedFrame(page);
		await page.emulateMedia({ colorScheme: 'dark' });
		await ask(page);
		await photosAreThere(page);
		await same(page, 'movement-dark');
	});

	test('a preview of an area looks as it did', async ({ page }) => {
		await why(page, 'area', purposes.federal);
		await drawRectangle(page, { lat: 34.002, lon: -140.053 });
		await expect(page.getByText(/km²|m²/).first()).toBeVisible();
		await fixedFrame(page, '2026-11-13T12:00');
		await ask(page, 'Preview');
		await expect(answer(page).getByText('No plate has been shown.')).toBeVisible();
		await same(page, 'preview');
	});

	test('on a phone the three parts of the desk look as they did', async ({ page }) => {
		await page.setViewportSize(PHONE);
		await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.federal);
		await fixedFrame(page);
		await field(page, 'plate').scrollIntoViewIfNeeded();
		await same(page, 'phone-ask');
		await form(page).getByRole('button', { name: 'Ask', exact: true }).click();
		await expect(count(page)).toHaveText('8 reads');
		await photosAreThere(page);
		await same(page, 'phone-answer');
		await page.getByRole('radio', { name: 'Map', exact: true }).check({ force: true });
		await same(page, 'phone-map');
	});
});

test.describe('a manager', () => {
	test.use(signedIn('chief', 'Standard'));

	test('the agency looks as it did', async ({ page }) => {
		await page.goto('/agency');
		await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
		await expect(page.getByRole('row').nth(2)).toBeVisible();
		await same(page, 'agency');
	});
});
