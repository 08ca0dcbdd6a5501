// The policy on the screen: rules and numbers in words, trying a question, and changing it with a second manager.
import { expect, sessionOf, shot, signedIn, test } from './support';

test.use(signedIn('chief', 'Standard'));

test('AGY 1 the policy is read in sentences with their sources, and a cell of the matrix names its rule', async ({
	page,
}) => {
	await page.goto('/agency/policy');
	const rules = page.getByRole('region', { name: /^Rules/ });
	await expect(rules.getByText('Your training in the use of the service is not current.')).toBeVisible();
	await rules.getByPlaceholder('Find a rule').fill('account-active');
	await expect(rules.getByRole('listitem')).toHaveCount(1);
	const matrix = page.getByRole('region', { name: 'Who may ask what' }).first();
	const manager = matrix.getByRole('button', { name: /^Agency manager, plate: refused/ });
	await manager.click();
	await expect(manager).toHaveAttribute('aria-pressed', 'true');
	await expect(matrix.getByText('Rule administrator-never.')).toBeVisible();
});

test('AGY 1 ACC 2 a manager tries whether a person could ask, and reads what would help', async ({ page }) => {
	await page.goto('/agency/policy');
	const pane = page.getByRole('region', { name: 'Could this person ask this?' });
	await pane.getByLabel('Person').selectOption({ label: 'Ben Marlow, Patrol' });
	await pane.getByLabel('Reason').selectOption('BURGLARY');
	await pane.getByRole('button', { name: 'Try it' }).click();
	await expect(pane.getByText('Yes, it would be answered.')).toBeVisible();
	await pane.getByLabel('Kind of question').selectOption('area');
	await expect(pane.getByText('Yes, it would be answered.')).toHaveCount(0);
	await pane.getByRole('button', { name: 'Try it' }).click();
	await expect(pane.getByText(/^Refused:/)).toBeVisible();
	await expect(pane.getByText('What would change it, each by itself')).toBeVisible();
	await shot(page, 'policy-try-1440-light');
});

test('AGY 5 narrowing holds at once; widening needs a document and another manager, and is not in force before', async ({
	page,
	browser,
}) => {
	test.setTimeout(120_000);
	await page.goto('/agency/policy');
	const days = async (value: string) => {
		await page.getByRole('button', { name: 'Change numbers' }).click();
		await page.getByLabel('Access is reviewed every, in days').fill(value);
		await page.getByRole('button', { name: 'Change it' }).click();
	};
	const row = page.getByRole('definition').filter({ hasText: /^\s*\d+ days/ });
	await days('300');
	await expect(page.getByText(/The policy is changed\. Recorded as ledger entry/)).toBeVisible();
	await expect(row.filter({ hasText: '300 days' })).toBeVisible();

	await days('365');
	const dialog = page.getByRole('dialog', { name: 'Change numbers' });
	await expect(dialog.getByText('Permissions are reviewed less often.')).toBeVisible();
	const document = dialog.getByLabel('Published document');
	await expect(document).toBeFocused();
	await document.fill('ORD-2026-17');
	await dialog.getByLabel('Published on').fill('2026-11-01');
	await shot(page, 'policy-widens-1440-light');
	await dialog.getByRole('button', { name: 'Propose it' }).click();
	const pending = page.getByRole('region', { name: 'A change waits for a second manager' });
	await expect(pending).toContainText('ORD-2026-17');
	await expect(pending.getByRole('button', { name: 'Confirm it' })).toHaveCount(0);
	await expect(row.filter({ hasText: '300 days' })).toBeVisible();

	const deputy = await (await browser.newContext({ storageState: sessionOf('deputychief', 'Standard') })).newPage();
	await deputy.goto('/agency/policy');
	const theirs = deputy.getByRole('region', { name: 'A change waits for a second manager' });
	await theirs.getByRole('button', { name: 'Confirm it' }).click();
	await deputy
		.getByRole('dialog', { name: 'Confirm the wider policy' })
		.getByRole('button', { name: 'Confirm it' })
		.click();
	await expect(theirs).toHaveCount(0);
	await deputy.context().close();
	await page.reload();
	await expect(pending).toHaveCount(0);
	await expect(row.filter({ hasText: '300 days' })).toHaveCount(0);
});
