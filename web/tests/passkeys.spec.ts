// Passkeys in Chromium's virtual authenticator: added, used in the middle of a question, used to sign in, and taken away.
import type { Page } from '@playwright/test';
import {
	acceptRules,
	account,
	ask,
	code,
	count,
	examine,
	expect,
	field,
	form,
	openDesk,
	PHONE,
	plate,
	purposes,
	sessionOf,
	shot,
	signIn,
	test,
	WIDE,
} from './support';

const NAME = 'Blue key';

/** A security key with a fingerprint reader, as far as the page can tell. */
async function plugIn(page: Page): Promise<void> {
	const client = await page.context().newCDPSession(page);
	await client.send('WebAuthn.enable');
	await client.send('WebAuthn.addVirtualAuthenticator', {
		options: {
			protocol: 'ctap2',
			transport: 'internal',
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	});
}

const door = async (page: Page) =>
	((await (await page.request.get('/api/v1/session')).json()) as { door: string }).door;

test('ACC 3 ACC 6 ACC 8 a passkey is added with a code, confirms in the middle of a question that stays, opens the enhanced door, and is ended and removed', async ({
	page,
	browser,
}) => {
	test.setTimeout(240_000);
	await plugIn(page);
	await page.goto('/');
	await signIn(page, 'analyst');
	await acceptRules(page);

	// A password alone makes no passkey: the code of the second factor does.
	await page.getByLabel(/your account/).click();
	await page.getByRole('link', { name: 'My account' }).click();
	await expect(page.getByText('You have none yet.')).toBeVisible();
	await page.getByRole('button', { name: 'Add a passkey' }).click();
	const adding = page.getByRole('dialog', { name: 'Add a passkey' });
	await adding.getByLabel('Name').fill(NAME);
	await adding.getByLabel('Code').fill('000000');
	await adding.getByRole('button', { name: 'Go on' }).click();
	await expect(adding.getByRole('alert')).toContainText('The code or passkey is wrong');
	await adding.getByLabel('Code').fill(code('analyst'));
	await adding.getByRole('button', { name: 'Go on' }).click();
	await expect(adding).toHaveCount(0);
	const passkeys = page.getByRole('region', { name: 'Passkeys' });
	await expect(passkeys.getByRole('listitem')).toContainText(NAME);
	for (const viewport of [WIDE, PHONE]) {
		await page.setViewportSize(viewport);
		await examine(page, 'my-account');
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	}
	await page.setViewportSize(WIDE);

	// In the middle of a question: what was typed stays, and the session is another one.
	await openDesk(page);
	await plate(page, 'partial-plate', '?82K?R', 'US-OR', purposes.federal);
	await expect(form(page).getByRole('note')).toContainText('enhanced');
	await form(page).getByRole('button', { name: 'Confirm with your second factor' }).first().click();
	const stepping = page.getByRole('dialog', { name: 'Confirm with your second factor' });
	await shot(page, 'step-up-1440-light');
	const before = await page.context().cookies();
	await stepping.getByRole('button', { name: 'Use a passkey' }).click();
	const rules = page.getByRole('dialog', { name: 'Rules for enhanced functions' });
	await rules.getByRole('button', { name: 'I have read and accept them' }).click();
	await expect(rules).toHaveCount(0);
	await expect(form(page).getByRole('note')).toHaveCount(0);
	await expect(field(page, 'plate')).toHaveValue('?82K?R');
	expect(await door(page)).toBe('enhanced');
	expect(await page.context().cookies(), 'a step up is a new session').not.toEqual(before);
	expect((await ask(page)).status()).toBe(201);
	await expect(count(page)).toBeVisible();

	// By passkey alone, through the enhanced door.
	await page.getByLabel(/your account/).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByRole('radio', { name: 'Enhanced' }).check();
	await page.getByRole('button', { name: 'Use a passkey instead' }).click();
	await expect(page.getByRole('alert')).toHaveText('Type your sign-in name first.');
	await page.getByLabel('Sign-in name').fill('analyst');
	await page.getByRole('button', { name: 'Use a passkey instead' }).click();
	await acceptRules(page);
	expect(await door(page)).toBe('enhanced');

	// The manager sees the session and ends it: the next question is refused.
	const manager = await (await browser.newContext({ storageState: sessionOf('manager', 'Standard') })).newPage();
	await manager.goto('/agency');
	await manager.getByRole('link', { name: 'Gia Wells', exact: true }).click();
	const sessions = manager.getByRole('region', { name: 'Sessions' });
	const theirs = sessions.getByRole('listitem').filter({ hasText: 'Enhanced door, by passkey' });
	await examine(manager, 'sessions-of-person');
	await theirs.first().getByRole('button', { name: /^End/ }).click();
	await manager.getByRole('dialog', { name: 'End the session' }).getByRole('button', { name: 'End it' }).click();
	await expect(theirs).toHaveCount(0);
	await manager.context().close();
	expect((await page.request.get('/api/v1/session')).status()).toBe(401);

	// Removed, it opens nothing.
	await page.goto('/');
	await page.getByRole('radio', { name: 'Enhanced' }).check();
	await page.getByLabel('Sign-in name').fill('analyst');
	await page.getByRole('button', { name: 'Use a passkey instead' }).click();
	await acceptRules(page);
	await page.goto('/account');
	await passkeys.getByRole('button', { name: `Remove ${NAME}` }).click();
	await page.getByRole('dialog', { name: 'Remove the passkey' }).getByRole('button', { name: 'Remove it' }).click();
	await expect(page.getByText('You have none yet.')).toBeVisible();
	await page.getByLabel(/your account/).click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByLabel('Sign-in name').fill('analyst');
	await page.getByRole('button', { name: 'Use a passkey instead' }).click();
	await expect(page.getByRole('alert')).toBeVisible();

	// With it went every session of this account; the tests that follow need one.
	await page.getByLabel('Password').fill(account('analyst').password);
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await acceptRules(page);
	await page.context().storageState({ path: sessionOf('analyst', 'Standard') });
});
