// Sign-in through two doors, rules of behavior, the locked screen, the lost connection.
import {
	acceptRules,
	account,
	examine,
	expect,
	field,
	mapIsIdle,
	PHONE,
	shot,
	signedIn,
	signIn,
	test,
	WIDE,
} from './support';

const WRONG = 'The name, password or code is wrong, or the account is closed or locked.';

test('ACC 4 the rules of behavior must be scrolled to their end and accepted, at each sign-in', async ({ page }) => {
	await page.setViewportSize({ width: 1440, height: 700 });
	await page.goto('/');
	await signIn(page, 'analyst', 'Enhanced');
	const accept = page.getByRole('button', { name: 'I have read and accept them' });
	await expect(page.getByRole('heading', { name: 'Enhanced functions' })).toBeVisible();
	await expect(accept).toBeDisabled();
	await expect(page.getByText('Scroll to the end to accept.')).toBeVisible();
	// A page that skips them gets nothing from the service either.
	expect((await page.request.get('/api/v1/reasons')).status()).toBe(403);
	await page.getByRole('region', { name: 'Rules of behavior' }).focus();
	await page.keyboard.press('End');
	await expect(page.getByText('Your acceptance is recorded.')).toBeVisible();
	await accept.click();
	await expect(page.getByRole('form', { name: 'Ask' })).toBeVisible();
	await page.getByRole('banner').locator('summary').click();
	await page.getByRole('button', { name: 'Sign out' }).click();
	await expect(page.getByText('You are signed out.')).toBeVisible();
	await signIn(page, 'analyst');
	expect((await page.request.get('/api/v1/reasons')).status()).toBe(403);
	await page.getByRole('button', { name: 'Decline and sign out' }).click();
	await expect(page.getByText('You are signed out.')).toBeVisible();
});

test('ACC 6 a wrong password and a missing code are refused in the same words', async ({ page }) => {
	await page.goto('/');
	for (const door of ['Standard', 'Enhanced']) {
		await page.getByRole('radio', { name: door }).check();
		await page.getByLabel('Sign-in name').fill('officer');
		await page.getByLabel('Password').fill('not the password');
		if (door === 'Enhanced') await page.getByLabel('Code', { exact: true }).fill('000000');
		await page.getByRole('button', { name: 'Sign in', exact: true }).click();
		await expect(page.getByRole('alert')).toHaveText(WRONG);
		await expect(page.getByLabel('Password')).toHaveValue('');
	}
});

test('choosing a door moves nothing on the page', async ({ page }) => {
	await page.goto('/');
	const button = page.getByRole('button', { name: 'Sign in', exact: true });
	const before = await button.boundingBox();
	await page.getByRole('radio', { name: 'Enhanced' }).check();
	expect(await button.boundingBox()).toEqual(before);
});

test('sign-in and rules have no serious finding of axe, on a desk and on a phone', async ({ page }) => {
	await page.goto('/');
	for (const viewport of [WIDE, PHONE]) {
		await page.setViewportSize(viewport);
		await examine(page, 'sign-in');
	}
	await signIn(page, 'officer');
	for (const viewport of [WIDE, PHONE]) {
		await page.setViewportSize(viewport);
		await examine(page, 'rules');
	}
});

test('an unused screen locks after 30 minutes and keeps the question for the same person only', async ({ page }) => {
	await page.clock.install();
	await page.goto('/');
	await signIn(page, 'officer');
	await acceptRules(page);
	await field(page, 'plate').fill('7KXM204');
	await page.clock.fastForward('31:00');
	await expect(page.getByText(/^Locked after 30 minutes without use/)).toBeVisible();
	await expect(page.getByText('7KXM204')).toHaveCount(0);
	// The screen is locked before the server has answered that the session is over.
	await expect.poll(async () => (await page.request.get('/api/v1/session')).status()).toBe(401);
	await signIn(page, 'officer');
	await acceptRules(page);
	await expect(field(page, 'plate')).toHaveValue('7KXM204');
	await page.keyboard.press('Control+l');
	await expect(page.getByText(/^Locked\. Sign in again/)).toBeVisible();
	await signIn(page, 'analyst');
	await acceptRules(page);
	await expect(field(page, 'plate')).toHaveValue('');
});

test.describe('signed in', () => {
	test.use(signedIn('officer', 'Standard'));

	test('a lost connection is told in words, and told again when it is back', async ({ page, context }) => {
		await page.goto('/');
		await field(page, 'plate').waitFor();
		await mapIsIdle(page);
		await page.waitForLoadState('networkidle');
		await context.setOffline(true);
		await page.getByRole('link', { name: 'About' }).click();
		const told = page.getByRole('alert').filter({ hasText: 'What you see may be old' });
		await expect(told).toBeVisible();
		await shot(page, 'offline-1440-light');
		await context.setOffline(false);
		await expect(told).toHaveCount(0);
	});

	test.describe('anew', () => {
		test.use({ storageState: { cookies: [], origins: [] } });
		test('ACC 8 a screen that is locked without a connection stays locked when it is back, and its session ends', async ({
			page,
			context,
		}) => {
			await page.goto('/');
			await signIn(page, 'officer');
			await acceptRules(page);
			await field(page, 'plate').fill('7KXM204');
			await mapIsIdle(page);
			await context.setOffline(true);
			await page.keyboard.press('Control+l');
			await expect(page.getByText(/^Locked\. Sign in again/)).toBeVisible();
			await expect(field(page, 'plate')).toHaveCount(0);
			const ended = page.waitForResponse((response) => response.request().method() === 'DELETE');
			await context.setOffline(false);
			await ended;
			await expect(page.getByText(/^Locked\. Sign in again/)).toBeVisible();
			expect((await page.request.get('/api/v1/session')).status()).toBe(401);
			await page.reload();
			await expect(page.getByLabel('Sign-in name')).toBeVisible();
		});
	});

	test('the theme can be changed and stays changed', async ({ page }) => {
		await page.goto('/');
		const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
		await page.getByRole('navigation', { name: 'Places' }).waitFor();
		const light = await ground();
		await page.getByRole('banner').locator('summary').click();
		await page.getByRole('button', { name: 'Dark colors' }).click();
		const dark = await ground();
		expect(dark).not.toBe(light);
		await page.reload();
		await page.getByRole('navigation', { name: 'Places' }).waitFor();
		expect(await ground()).toBe(dark);
	});
});

test('the password is in no address and in no storage of the browser', async ({ page }) => {
	await page.goto('/');
	const urls: string[] = [];
	page.on('request', (request) => urls.push(request.url()));
	await signIn(page, 'officer');
	await acceptRules(page);
	const { password } = account('officer');
	const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
	expect(urls.filter((url) => url.includes(password))).toEqual([]);
	expect(kept).not.toContain(password);
});
