// An investigator comes through the enhanced door and asks all six kinds of question about the stories of Port Larkin.
import type { Page } from '@playwright/test';
import {
	answer,
	ask,
	count,
	drawRectangle,
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
	settled,
	shot,
	signedIn,
	test,
	why,
} from './support';

test.use(signedIn('investigator', 'Enhanced'));
test.beforeEach(({ page }) => openDesk(page));

/** Where the truck of the three burglaries was read, oldest first. */
async function burglaries(page: Page): Promise<{ lat: number; lon: number }[]> {
	await plate(page, 'movement', '7KXM204', 'US-CA', purposes.federal);
	const response = await ask(page);
	const { page: first } = (await response.json()) as { page: { rows: { lat: number; lon: number }[] } };
	return [...new Map(first.rows.map(({ lat, lon }) => [`${lat},${lon}`, { lat, lon }])).values()];
}

test('WHY 3 a missing case reference is named before asking, refused when asked, and its field has the focus', async ({
	page,
}) => {
	await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.federal);
	await field(page, 'purpose.case_reference').fill('');
	await expect(page.getByText(/Still missing:/).first()).toContainText('case reference');
	expect((await ask(page)).status()).toBe(422);
	await expect(refusal(page)).toContainText(
		/Refused: A case reference is missing\. .+ Recorded as ledger entry [\d,]+\./,
	);
	await expect(field(page, 'purpose.case_reference')).toBeFocused();
	await expect(field(page, 'purpose.case_reference')).toHaveAttribute('aria-invalid', 'true');
	await page.keyboard.type('HF-2026-0113');
	await expect(refusal(page)).toHaveText('');
});

test('WHY 1 a question without a time frame is not asked, and says that it needs one', async ({ page }) => {
	await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.federal);
	await field(page, 'from').fill('');
	await page.getByRole('button', { name: 'Ask', exact: true }).click();
	await expect(field(page, 'from')).toBeFocused();
	await expect(rows(page)).toHaveCount(0);
});

test('QRY 6 movement shows numbered stops in order of time, with the time between them', async ({ page }) => {
	await plate(page, 'movement', '7KXM204', 'US-CA', purposes.federal);
	expect((await ask(page)).status()).toBe(201);
	await expect(count(page)).toHaveText('8 reads');
	await expect(answer(page).getByText('The way between them is not known, so none is drawn.')).toBeVisible();
	await expect(rows(page).nth(1)).toBeVisible();
	const times = await rows(page)
		.locator('time')
		.evaluateAll((nodes) => nodes.map((node) => (node as HTMLTimeElement).dateTime));
	expect(times.length).toBeGreaterThan(1);
	expect(times).toEqual([...times].sort());
	await examine(page, 'movement');
});

test('QRY 10 look-alikes are labelled and counted apart', async ({ page }) => {
	await plate(page, 'full-plate', '8BSO150', 'US-CA', purposes.federal);
	await ask(page);
	await expect(count(page)).toHaveText('0 reads');
	await field(page, 'look_alikes').check();
	await ask(page);
	await expect(count(page)).toHaveText('4 reads');
	await expect(answer(page).getByText('4 look-alike').first()).toBeVisible();
});

test('QRY 10 DET 5 a read is found by its alternative reading, labelled', async ({ page }) => {
	await plate(page, 'full-plate', 'TRX9284', 'US-WA', purposes.federal);
	await field(page, 'alternatives').check();
	await ask(page);
	await expect(count(page)).toHaveText('3 reads');
	await expect(answer(page).getByText('3 other reading').first()).toBeVisible();
});

test('QRY 10 reads whose state the camera did not report are listed apart', async ({ page }) => {
	await plate(page, 'full-plate', 'HNB7316', 'US-AZ', purposes.federal);
	await ask(page);
	await expect(count(page)).toHaveText('3 reads');
	await expect(answer(page).getByText('3 state unknown').first()).toBeVisible();
});

test('QRY 2 a partial plate says what it accepts and finds the white pickup', async ({ page }) => {
	await plate(page, 'partial-plate', '?82K?R', 'US-OR', purposes.federal);
	await expect(page.locator('[data-field="plate"]')).toContainText('exactly 6 characters, 4 known');
	await field(page, 'vehicle.colour').fill('white');
	await ask(page);
	await expect(count(page)).toHaveText('4 reads');
	await expect(rows(page).filter({ hasText: '482KDR' }).first()).toBeVisible();
	await examine(page, 'partial');
});

test('QRY 3 LIM 1 LIM 5 a large answer is warned of with ways to narrow, can be counted exactly, and shows the newest 5,000', async ({
	page,
}) => {
	await why(page, 'make-model', purposes.federal);
	await field(page, 'vehicle.make').fill('toyota');
	await lastDays(page, 30);
	expect((await ask(page)).status()).toBe(409);
	const dialog = page.getByRole('dialog', { name: 'At least 10,000 reads match' });
	await expect(dialog.getByRole('region', { name: 'Change the question' }).getByRole('button').first()).toBeVisible();
	await dialog.getByRole('button', { name: 'Count exactly' }).click();
	await expect(dialog.getByText(/^Exactly 1\d,\d{3} reads\. Recorded as entry [\d,]+\.$/)).toBeVisible();
	await examine(page, 'large');
	await settled(page, () => dialog.getByRole('button', { name: 'Show the newest 5,000' }).click());
	await expect(count(page)).toHaveText('At least 10,000 reads');
	await expect(answer(page).getByText(/These are the newest 5,000/)).toBeVisible();
});

test('QRY 8 an answer is filtered without a new question', async ({ page }) => {
	await why(page, 'make-model', purposes.federal);
	await field(page, 'vehicle.make').fill('toyota');
	await lastDays(page, 1);
	await ask(page);
	const asked: string[] = [];
	page.on('request', (request) => request.method() === 'POST' && asked.push(request.url()));
	await answer(page).getByRole('button', { name: 'Filters' }).click();
	await answer(page)
		.getByRole('checkbox', { name: /tacoma/i })
		.check();
	await expect(
		answer(page)
			.getByText(/[\d,]+ of [\d,]+ reads/)
			.first(),
	).toBeVisible();
	await expect(rows(page).first()).toBeVisible();
	for (const text of await rows(page).allTextContents()) expect(text.toLowerCase()).toContain('tacoma');
	expect(asked.filter((url) => !url.endsWith('/photos'))).toEqual([]);
});

test('LIM 4 QRY 4 RES 4 a preview counts an area before any plate is shown; then its plates come with a reminder to verify', async ({
	page,
}) => {
	const [place] = await burglaries(page);
	await why(page, 'area', purposes.federal);
	await drawRectangle(page, place!);
	await expect(form(page).getByRole('list', { name: 'Areas' })).toContainText(/[\d,.]+ (m²|km²)/);
	await lastDays(page, 7);
	await ask(page, 'Preview');
	await expect(answer(page).getByText('No plate has been shown.')).toBeVisible();
	await expect(rows(page)).toHaveCount(0);
	const counted = (await count(page).textContent())!;
	await examine(page, 'preview');
	await settled(page, () => answer(page).getByRole('button', { name: 'Show plates' }).click());
	await expect(count(page)).toHaveText(counted);
	await expect(rows(page).first()).toBeVisible();
	await expect(answer(page).getByText('Verify before acting; never act on this alone.')).toBeVisible();
	await examine(page, 'area');
});

test('QRY 9 the same is asked again over another time frame as one action, said to be a repeat', async ({ page }) => {
	await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.federal);
	await ask(page);
	await answer(page).getByRole('button', { name: 'Ask again' }).click();
	await settled(page, () =>
		page
			.getByRole('dialog')
			.getByRole('button', { name: /^Ask again/ })
			.click(),
	);
	await expect(
		answer(page)
			.getByText(/repeat|asked again/i)
			.first(),
	).toBeVisible();
});

test('QRY 5 WHY 7 a common plate of places is a table whose cells open the reads and photos', async ({ page }) => {
	const places = await burglaries(page);
	await why(page, 'common-plate', { ...purposes.federal, facts: '' });
	for (const index of [0, 2, 4]) await drawRectangle(page, places[index]!);
	await lastDays(page, 30);
	await page.getByRole('button', { name: 'Ask', exact: true }).click();
	await expect(field(page, 'purpose.suspicion_facts')).toBeFocused();
	await page.keyboard.type(purposes.federal.facts);
	await ask(page);
	const line = answer(page).getByRole('row', { name: /7KXM204/ });
	await expect(line).toBeVisible();
	await examine(page, 'common');
	await line
		.getByRole('button', { name: /area B|in B/i })
		.first()
		.click();
	await expect(rows(page).filter({ hasText: '7KXM204' }).first()).toBeVisible();
	await shot(page, 'common-cell-1440-light');
});
