// What each kind of account may do, and how the screen says no.
import {
	answer,
	ask,
	count,
	examine,
	expect,
	field,
	form,
	lastDays,
	openDesk,
	plate,
	purposes,
	refusal,
	rows,
	shot,
	signedIn,
	test,
	why,
} from './support';

test.describe('an officer at the standard door', () => {
	test.use(signedIn('officer', 'Standard'));

	test('QRY 1 AUD 6 asks a full plate, opens its photos and sees the receipt', async ({ page }) => {
		await openDesk(page);
		await plate(page, 'full-plate', '7kxm 204', 'US-CA', purposes.police);
		const response = await ask(page);
		await expect(count(page)).toHaveText('8 reads');
		const { receipt } = (await response.json()) as { receipt: { entry: number } };
		await expect(answer(page)).toContainText(receipt.entry.toLocaleString('en-US'));
		await rows(page).first().click();
		await page.keyboard.press('Enter');
		const viewer = page.getByRole('dialog');
		await expect(viewer.locator('img').first()).toBeVisible();
		await expect
			.poll(() =>
				viewer
					.locator('img')
					.evaluateAll((images) => images.every((image) => (image as HTMLImageElement).naturalWidth > 100)),
			)
			.toBe(true);
		await examine(page, 'viewer');
		const proof = await page.request.get(`/api/v1/ledger/entries/${receipt.entry}/receipt`);
		expect(await proof.text()).toMatch(new RegExp(`^c2sp\\.org/tlog-proof@v1\\b[^]*^index ${receipt.entry}$`, 'm'));
	});

	test('RES 1 AUD 1 marks reads relevant by key; only those are printed, after the print is recorded', async ({
		page,
	}) => {
		await openDesk(page);
		await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.police);
		await ask(page);
		await rows(page).first().getByText('7KXM204').first().click();
		await page.keyboard.press('r');
		await page.keyboard.press('j');
		await page.keyboard.press('n');
		await expect(answer(page).getByText('1 relevant, 1 not')).toBeVisible();
		await page.evaluate(() => (window.print = () => {}));
		const printed = page.waitForResponse((response) => response.url().endsWith('/prints'));
		await answer(page).getByRole('button', { name: 'Print relevant reads' }).click();
		const print = (await (await printed).json()) as { rows: unknown[]; entry: number };
		expect(print.rows).toHaveLength(1);
		await page.emulateMedia({ media: 'print' });
		await expect(page.locator('.on-paper').getByText('7KXM204').first()).toBeVisible();
		await expect(
			page.locator('.on-paper').getByText('Verify before acting; never act on this alone.').first(),
		).toBeVisible();
		await expect(page.locator('.on-paper img')).toHaveCount(0);
		await expect(form(page)).toBeHidden();
		await shot(page, 'print-1440-light');
	});

	test('the keyboard alone asks a question and reads its answer', async ({ page }) => {
		await openDesk(page);
		await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.police);
		await field(page, 'plate').focus();
		await page.keyboard.press('Control+Enter');
		await expect(count(page)).toHaveText('8 reads');
		await page.locator('body').click({ position: { x: 2, y: 400 } });
		const selected = () =>
			answer(page).locator('[data-id][aria-selected="true"], [data-id][aria-current="true"]').getAttribute('data-id');
		const seen = new Set<string | null>();
		for (const key of ['j', 'j', 'j']) {
			await page.keyboard.press(key);
			seen.add(await selected());
		}
		expect(seen.size).toBe(3);
		await page.keyboard.press('?');
		const keys = page.getByRole('dialog', { name: 'Keys' });
		await expect(keys.getByText('Next read')).toBeVisible();
		await examine(page, 'keys');
		await page.keyboard.press('Escape');
		await expect(keys).toHaveCount(0);
	});
});

test.describe('an analyst at the standard door', () => {
	test.use(signedIn('analyst', 'Standard'));

	test('ACC 3 a kind that needs the enhanced door says so before it is tried, and is refused with what would help', async ({
		page,
	}) => {
		await openDesk(page);
		await why(page, 'partial-plate', purposes.federal);
		await expect(form(page).getByRole('note')).toContainText('enhanced');
		await field(page, 'plate').fill('?82K?R');
		await field(page, 'state').fill('US-OR');
		await lastDays(page, 7);
		expect((await ask(page)).status()).toBe(403);
		await expect(refusal(page)).toContainText(
			/Refused: This kind of question needs the enhanced log-in\. Log in through the enhanced door\. Recorded as ledger entry [\d,]+\./,
		);
		await examine(page, 'refused');
	});
});

test.describe('a task force officer of another unit', () => {
	test.use(signedIn('enforcement', 'Enhanced'));

	test('ACC 2 enforcement is refused an area in plain words', async ({ page }) => {
		await openDesk(page);
		await why(page, 'area', purposes.federal);
		await expect(form(page).getByRole('note')).toContainText(
			'Questions about areas and common plates are not available to Enforcement.',
		);
	});
});

test.describe('accounts that manage', () => {
	for (const [login, words] of [
		['chief', /makes accounts, units, reasons/],
		['host', /creates agencies and their first managers, and sees no records/],
	] as const) {
		test.describe(login, () => {
			test.use(signedIn(login, 'Standard'));
			test(`ACC 2 the ${login} may not ask and is told what the account is for`, async ({ page }) => {
				await page.goto('/');
				await expect(page.getByRole('heading', { name: 'This account asks no questions' })).toBeVisible();
				await expect(page.getByText(words)).toBeVisible();
				await expect(page.getByRole('link', { name: 'Ask', exact: true })).toHaveCount(0);
				await examine(page, `${login}-home`);
			});
		});
	}
});
