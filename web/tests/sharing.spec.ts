// Two agencies: one proposes, the other signs, both see what it does, and it ends on the next question.
import type { Locator, Page, Response } from '@playwright/test';
import { ask, examine, expect, openDesk, PHONE, plate, purposes, sessionOf, signedIn, test, WIDE } from './support';

test.use(signedIn('chief', 'Standard'));

const card = (page: Page, document: string): Locator => page.getByRole('article').filter({ hasText: document });

/** Presses a button of a card, says why where that is asked, and sends it. */
async function step(page: Page, document: string, button: string, send: string, why?: string): Promise<void> {
	await card(page, document).getByRole('button', { name: button, exact: true }).click();
	const dialog = page.getByRole('dialog');
	if (why) await dialog.getByLabel('Why').fill(why);
	await dialog.getByRole('button', { name: send }).click();
	await expect(dialog).toHaveCount(0);
}

async function reads(response: Response): Promise<number> {
	if (!response.ok()) return 0;
	const { count } = (await response.json()) as { count: { exactly: number } };
	return count.exactly;
}

test('AGY 2 AGY 3 two agencies sign, use and end an agreement', async ({ page, browser }) => {
	test.setTimeout(240_000);
	const document = `MOU ${Date.now()}`;
	const manager = await (await browser.newContext({ storageState: sessionOf('manager', 'Standard') })).newPage();
	const investigator = await (
		await browser.newContext({ storageState: sessionOf('investigator', 'Enhanced') })
	).newPage();

	await page.goto('/agency/sharing');
	await page.getByRole('button', { name: 'Sign an agreement' }).click();
	const signing = page.getByRole('dialog', { name: 'Sign an agreement' });
	await signing.getByLabel('The other agency', { exact: true }).selectOption({ label: 'Harbor Federal Service' });
	await signing.getByLabel('Document').fill(document);
	await signing.getByRole('checkbox', { name: 'Full plate' }).check();
	await signing.getByLabel('The other agency lets this one see, of its use').selectOption('people');
	await signing.getByLabel('Until').fill('2027-06-30T00:00');
	await examine(page, 'agreement-sign');
	await signing.getByRole('button', { name: 'Sign it' }).click();
	await expect(card(page, document)).toContainText('Waits for Harbor Federal Service');
	await expect(card(page, document)).toContainText('Not signed');

	await manager.goto('/agency/sharing');
	await expect(card(manager, document)).toContainText('Waits for your signature');
	await step(manager, document, 'Sign it', 'Sign it');
	await expect(card(manager, document)).toContainText('In force');
	await expect(card(manager, document)).toContainText('Eve Stone');
	for (const viewport of [WIDE, PHONE]) {
		await manager.setViewportSize(viewport);
		await examine(manager, 'agreements');
		expect(await manager.evaluate(() => window.document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	}

	const question = async () => {
		await openDesk(investigator);
		await plate(investigator, 'full-plate', '7KXM204', 'US-CA', purposes.federal);
		return reads(await ask(investigator));
	};
	const both = await question();
	expect(both).toBeGreaterThan(0);

	await page.reload();
	await card(page, document).getByRole('button', { name: 'Use made of it' }).click();
	const used = page.getByRole('dialog', { name: 'Use of the last 30 days' });
	await expect(used.getByRole('row', { name: /^Plate Investigations Finn Ash/ })).toBeVisible();
	await examine(page, 'agreement-use');
	await page.keyboard.press('Escape');

	// Either of the two is enough to see them; without both nothing of the police is seen.
	const why = 'The project is under review.';
	await step(page, 'MOU-DEMO-1', 'Suspend', 'Suspend it', why);
	expect(await question()).toBe(both);
	await step(page, document, 'End', 'End it', why);
	await expect(card(page, document)).toContainText('Ended');
	expect(await question()).toBeLessThan(both);
	await manager.reload();
	await expect(card(manager, document)).toContainText(why);
	await expect(card(manager, document).getByRole('button', { name: 'Sign it' })).toHaveCount(0);

	await step(page, 'MOU-DEMO-1', 'Let it go on', 'Let it go on');
	expect(await question()).toBe(both);
	await manager.context().close();
	await investigator.context().close();
});
