// The places beside the desk: what an agency's manager, the host's operator and the public see and do.
import { examine, expect, PHONE, test, WIDE } from './support';

test('NOT 1 AUD 6 anybody can read what the system is, and how its log is verified, without signing in', async ({
	page,
}) => {
	await page.goto('/about');
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await expect(page.getByText(/facial recognition/i).first()).toBeVisible();
	const checkpoint = await (await page.request.get('/ledger/checkpoint')).text();
	await expect(page.getByText(checkpoint.split('\n')[0]!).first()).toBeVisible();
	for (const viewport of [WIDE, PHONE]) {
		await page.setViewportSize(viewport);
		await examine(page, 'about');
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	}
});
