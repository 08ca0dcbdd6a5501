// A manager runs an agency, the host's operator makes one: each change is recorded, and acts on the next request.
import type { Page } from '@playwright/test';
import { acceptRules, examine, expect, linkShown, PHONE, shot, signedIn, test, useLink, WIDE } from './support';

const PASSWORD = 'a-long-made-up-password-1';

/** From the sign-in page, where joining ends. */
async function signInAs(page: Page, login: string, password: string): Promise<void> {
	await page.getByText('Your password and second factor are set.').waitFor();
	await page.getByLabel('Sign-in name').fill(login);
	await page.getByLabel('Password').fill(password);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

test.describe('the chief of police', () => {
	test.use(signedIn('chief', 'Standard'));

	test('ACC 1 ACC 8 a manager makes an account, it signs in, and closing it ends its session at once', async ({
		page,
		browser,
	}) => {
		await page.goto('/agency');
		const login = `rookie${Date.now()}`;
		await page.getByRole('button', { name: 'Add a person' }).click();
		const dialog = page.getByRole('dialog', { name: 'Add a person' });
		await dialog.getByLabel('Name', { exact: true }).fill('Robin Vale');
		await dialog.getByLabel('Sign-in name').fill(login);
		await dialog.getByLabel('Unit', { exact: true }).selectOption({ index: 1 });
		await dialog.getByRole('checkbox', { name: 'Patrol officer' }).check();
		await dialog.getByRole('checkbox', { name: 'Full plate' }).check();
		await dialog.getByRole('button', { name: 'Make the account' }).click();
		const link = await linkShown(page, 'Robin Vale');
		const line = page.getByRole('row', { name: new RegExp(login) });
		await expect(line).toContainText('Patrol officer');

		const theirs = await (await browser.newContext({ storageState: { cookies: [], origins: [] } })).newPage();
		await useLink(theirs, page, link, PASSWORD);
		await signInAs(theirs, login, PASSWORD);
		await acceptRules(theirs);
		await expect(theirs.getByRole('form', { name: 'Ask' })).toBeVisible();
		await line.getByRole('link').click();
		await page.getByRole('button', { name: 'Close the account' }).click();
		await page.getByRole('dialog', { name: 'Close the account' }).getByRole('button', { name: 'Close it' }).click();
		await expect(page.getByRole('complementary').getByText('Account closed')).toBeVisible();
		expect((await theirs.request.get('/api/v1/session')).status()).toBe(401);
		await theirs.context().close();
	});

	test('WHY 2 a manager adds a reason with its legal authority', async ({ page }) => {
		await page.goto('/agency/reasons');
		await page.getByRole('button', { name: 'Add a reason' }).click();
		const dialog = page.getByRole('dialog', { name: 'Add a reason' });
		const code = `HITRUN${Date.now() % 1_000_000}`;
		await dialog.getByLabel('Code').fill(code);
		await dialog.getByLabel('Reason', { exact: true }).fill('Hit and run');
		await dialog.getByLabel('Legal authority').fill('Vehicle Code 20001');
		await dialog.getByLabel('Look-back, in days').fill('14');
		await dialog.getByRole('checkbox', { name: 'For criminal investigations' }).check();
		await dialog.locator('footer').getByRole('button').last().click();
		await expect(page.getByRole('row', { name: new RegExp(code) })).toContainText('Vehicle Code 20001');
	});

	test('AGY 1 every part of the agency has no serious finding of axe, on a desk and on a phone', async ({ page }) => {
		test.setTimeout(300_000);
		for (const part of ['', '/training', '/units', '/reasons', '/cases', '/rules', '/cameras', '/sharing', '/policy']) {
			await page.goto(`/agency${part}`);
			await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
			for (const viewport of [WIDE, PHONE]) {
				await page.setViewportSize(viewport);
				await examine(page, `agency${part.replace('/', '-')}`);
				expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), part).toBe(true);
			}
		}
	});
});

test.describe('the host', () => {
	test.use(signedIn('host', 'Standard'));

	test('AGY 1 ACC 1 the host makes an agency and its first manager, who signs in to it', async ({ page, browser }) => {
		const name = `Tern Island Rangers ${Date.now() % 100_000}`;
		await page.goto('/host');
		await page.getByRole('button', { name: 'Make an agency' }).click();
		const dialog = page.getByRole('dialog', { name: 'Make an agency' });
		await dialog.getByLabel('Name', { exact: true }).fill(name);
		await dialog.getByLabel('Policy').selectOption('open');
		await dialog.getByLabel('Time zone').fill('Etc/GMT+9');
		await dialog.getByRole('button', { name: 'Make it' }).click();
		await page.getByRole('region', { name: 'Made just now' }).getByRole('button', { name: 'Add a manager' }).click();
		const manager = page.getByRole('dialog', { name: 'Add a manager' });
		const login = `warden${Date.now()}`;
		await manager.getByLabel('Name', { exact: true }).fill('Kit Sorrel');
		await manager.getByLabel('Sign-in name').fill(login);
		await manager.getByLabel('Unit').fill('Office');
		await manager.getByRole('button', { name: 'Make the account' }).click();
		const link = await linkShown(page, 'Kit Sorrel');
		for (const viewport of [WIDE, PHONE]) {
			await page.setViewportSize(viewport);
			await examine(page, 'host');
		}
		const theirs = await (await browser.newContext({ storageState: { cookies: [], origins: [] } })).newPage();
		await useLink(theirs, page, link, PASSWORD);
		await signInAs(theirs, login, PASSWORD);
		await acceptRules(theirs);
		await theirs.goto('/agency');
		await expect(theirs.getByRole('heading', { name })).toBeVisible();
		await shot(theirs, 'new-agency-1440-light');
		await theirs.context().close();
	});
});
