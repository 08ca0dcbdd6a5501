// One-time links: a manager invites, the invited joins on a phone and signs in, and the link is dead the second time.
import { acceptRules, examine, expect, linkShown, PHONE, shot, signedIn, test, useLink, WIDE } from './support';

const PASSWORD = 'a-long-made-up-password-2';

test.use(signedIn('chief', 'Standard'));

test('ACC 1 ACC 6 a manager invites without a password, the invited sets one on a phone and signs in, and the link works once', async ({
	page,
	browser,
}) => {
	test.setTimeout(180_000);
	const login = `wren${Date.now()}`;
	const name = `Wren Ashby ${Date.now() % 100_000}`;
	await page.goto('/agency');
	await page.getByRole('button', { name: 'Add a person' }).click();
	const dialog = page.getByRole('dialog', { name: 'Add a person' });
	await expect(dialog.getByLabel('Password')).toHaveCount(0);
	await dialog.getByLabel('Name', { exact: true }).fill(name);
	await dialog.getByLabel('Sign-in name').fill(login);
	await dialog.getByLabel('Unit', { exact: true }).selectOption({ index: 1 });
	await dialog.getByRole('checkbox', { name: 'Patrol officer' }).check();
	await dialog.getByRole('button', { name: 'Make the account' }).click();
	await page.getByRole('dialog', { name: `Link for ${name}` }).waitFor();
	await examine(page, 'invitation-link');
	const link = await linkShown(page, name);
	expect(new URL(link).search, 'nothing of it is in what servers log').toBe('');

	await page.getByRole('link', { name, exact: true }).click();
	const sheet = page.getByRole('complementary', { name });
	await expect(sheet.getByText('Invited', { exact: true })).toBeVisible();
	await shot(page, 'invited-person-1440-light');

	const context = await browser.newContext({ storageState: { cookies: [], origins: [] }, viewport: PHONE });
	const theirs = await context.newPage();
	await theirs.goto(link);
	await expect(theirs.getByRole('heading', { name: `Welcome, ${name}` })).toBeVisible();
	const rules = theirs.getByRole('list', { name: 'What a password must be' });
	await expect(rules.getByText('15 to 128 characters.')).toBeVisible();
	for (const viewport of [PHONE, WIDE]) {
		await theirs.setViewportSize(viewport);
		await examine(theirs, 'join');
		expect(await theirs.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	}
	await theirs.setViewportSize(PHONE);
	await useLink(theirs, page, link, 'short');
	await expect(theirs.locator('[data-field="password"]')).toContainText('15 to 128');
	await useLink(theirs, page, link, PASSWORD);
	await expect(theirs.getByText('Your password and second factor are set.')).toBeVisible();
	expect(new URL(theirs.url()).hash, 'the link is not left in the address').toBe('');
	await theirs.getByLabel('Sign-in name').fill(login);
	await theirs.getByLabel('Password').fill(PASSWORD);
	await theirs.getByRole('button', { name: 'Sign in', exact: true }).click();
	await acceptRules(theirs);

	await theirs.goto(link);
	await expect(theirs.getByRole('heading', { name: 'This link is over' })).toBeVisible();
	await examine(theirs, 'join-over');
	await context.close();

	// The manager sees it, and can end a link that was made by mistake.
	await page.reload();
	await expect(sheet.getByText('Invited', { exact: true })).toHaveCount(0);
	await sheet.getByRole('button', { name: 'Replace password and second factor' }).click();
	await page.getByRole('dialog', { name: 'Make a one-time link' }).getByRole('button', { name: 'Make it' }).click();
	await linkShown(page, name);
	await sheet.getByRole('button', { name: 'End the link' }).click();
	await page.getByRole('dialog', { name: 'End the link' }).getByRole('button', { name: 'End it' }).click();
	await expect(sheet.getByRole('button', { name: 'End the link' })).toHaveCount(0);
});
