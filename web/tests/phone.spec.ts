// The same desk on a phone: asking, map and answer are three parts, each looked at in both schemes.
import {
	answer,
	ask,
	count,
	examine,
	expect,
	field,
	form,
	openDesk,
	PHONE,
	plate,
	purposes,
	rows,
	settled,
	signedIn,
	test,
	why,
} from './support';

test.use({ ...signedIn('detective', 'Enhanced'), viewport: PHONE, hasTouch: true });

test('MOB 1 on a phone every part of the desk fits, and nothing scrolls sideways', async ({ page }) => {
	test.setTimeout(120_000);
	const fits = async () =>
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	await openDesk(page);
	await examine(page, 'ask-phone');
	await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.police);
	await fits();
	await ask(page);
	await expect(count(page)).toHaveText('8 reads');
	await expect(rows(page).first()).toBeInViewport();
	await fits();
	await examine(page, 'answer-phone');
	await page.getByRole('radio', { name: 'Map', exact: true }).check({ force: true });
	await fits();
	await examine(page, 'map-phone');
});

test('MOB 1 LIM 4 on a phone an area is typed, previewed and shown', async ({ page }) => {
	await openDesk(page);
	await why(page, 'area', purposes.police);
	await form(page).getByRole('button', { name: 'Type or paste' }).click();
	const dialog = page.getByRole('dialog', { name: 'Type or paste an area' });
	await dialog.getByRole('textbox').fill('34.006, -140.057\n34.006, -140.049\n33.998, -140.049\n33.998, -140.057');
	await dialog.getByRole('button', { name: 'Add' }).click();
	await expect(field(page, 'from')).not.toHaveValue('');
	await ask(page, 'Preview');
	await expect(answer(page).getByText('No plate has been shown.')).toBeVisible();
	await settled(page, () => answer(page).getByRole('button', { name: 'Show plates' }).click());
	await expect(rows(page).first()).toBeVisible();
	await examine(page, 'area-phone');
});
