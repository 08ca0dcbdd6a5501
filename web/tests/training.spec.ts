// Trainings: what is said before they lapse, the course and its test, records as a file, and cases in the same manner.
import { answerTest, examine, expect, PHONE, shot, signedIn, test, WIDE } from './support';

test.describe('a person who was never trained', () => {
	test.use(signedIn('rookie', 'Standard'));

	test('ACC 5 is told around every place, reads the course, fails with what to read again, passes, and may ask', async ({
		page,
	}) => {
		test.setTimeout(180_000);
		await page.goto('/');
		const reminder = page.getByRole('status').filter({ hasText: 'Questions are refused until it is current.' });
		await expect(reminder).toBeVisible();
		await expect(page.getByRole('note').getByRole('link', { name: 'Go to my training' })).toBeVisible();
		await reminder.getByRole('link', { name: 'Take the course' }).click();
		await expect(page.getByRole('heading', { name: 'Using plate reads lawfully' })).toBeVisible();
		for (const viewport of [WIDE, PHONE]) {
			await page.setViewportSize(viewport);
			await examine(page, 'course');
			expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
		}
		await page.setViewportSize(WIDE);

		await page.getByRole('button', { name: 'Hand in' }).click();
		await expect(page.locator('input[name="question-0"]').first()).toBeFocused();
		await answerTest(page, 'wrong');
		await expect(page.getByText('Not passed yet: 0 of 8 right, 7 are needed.')).toBeVisible();
		await expect(page.getByText('you have 2 tries left today')).toBeVisible();
		await expect(page.getByText('Read about this again.')).toHaveCount(8);
		await shot(page, 'course-failed-1440-light');
		await page.getByRole('button', { name: 'Try again' }).click();
		await answerTest(page, 'right');
		await expect(page.getByText('Passed: 8 of 8 right.')).toBeVisible();
		await expect(page.getByText(/It holds until \w+ \d+, \d{4}\./)).toBeVisible();
		await page.getByRole('link', { name: 'Ask a question' }).click();
		await expect(page.locator('[data-kind="full-plate"]')).toBeVisible();
		await expect(page.locator('[data-kind="full-plate"]').getByText('not open to you')).toHaveCount(0);
		await expect(reminder).toHaveCount(0);

		await page.getByLabel(/your account/).click();
		await page.getByRole('link', { name: 'My training' }).click();
		const course = page.getByRole('listitem').filter({ hasText: 'Using plate reads lawfully' });
		await expect(course).toContainText(/holds until .*Current/s);
		await examine(page, 'my-training');
	});
});

test.describe('the chief of police', () => {
	test.use(signedIn('chief', 'Standard'));

	test('ACC 5 imports records as a file; a wrong line is named beside what stands there, and nothing is taken', async ({
		page,
	}) => {
		await page.goto('/agency/training');
		await expect(page.getByRole('row', { name: /Jill Tarn/ })).toContainText('Never taken');
		await page.getByRole('button', { name: 'Import records' }).click();
		const dialog = page.getByRole('dialog', { name: 'Import training records' });
		await dialog
			.getByLabel('Lines')
			.fill(
				'login,course,date\nofficer,privacy,2026-05-04\nnobody-here,privacy,2026-05-04\nofficer,swimming,2026-05-04\n',
			);
		await dialog.getByRole('button', { name: 'Import', exact: true }).click();
		const faults = dialog.getByRole('alert').getByRole('listitem');
		await expect(faults.first()).toContainText('Line 3');
		await expect(faults.first()).toContainText('nobody-here,privacy,2026-05-04');
		await expect(faults.nth(1)).toContainText('Line 4');
		await examine(page, 'training-import');
		await dialog.getByLabel('Choose a file').setInputFiles({
			name: 'records.csv',
			mimeType: 'text/csv',
			buffer: Buffer.from('login,course,date\nofficer,privacy,2026-05-04\n'),
		});
		await dialog.getByRole('button', { name: 'Import', exact: true }).click();
		await expect(dialog).toHaveCount(0);
		await expect(page.getByText(/1 record of training imported\. Recorded as ledger entry [\d,]+\./)).toBeVisible();
	});

	test('WHY 3 sets how case references are written, imports the list, and takes both away', async ({ page }) => {
		await page.goto('/agency/cases');
		await page.getByRole('button', { name: 'Set a pattern' }).click();
		const dialog = page.getByRole('dialog', { name: 'Pattern of case references' });
		await dialog.getByLabel('Pattern', { exact: true }).fill('PL-99-9999');
		await expect(dialog.getByText('Such as PL-12-3456')).toBeVisible();
		await dialog.getByLabel('Try a reference').fill('PL-26-118');
		await expect(dialog.getByText('Does not fit')).toBeVisible();
		await dialog.getByLabel('Try a reference').fill('pl-26-1187');
		await expect(dialog.getByText('Fits.')).toBeVisible();
		await dialog.getByRole('button', { name: 'Set it' }).click();
		await expect(page.getByText('“PL-”, 2 digits, “-”, 4 digits')).toBeVisible();

		await page.getByRole('button', { name: 'Import a list' }).click();
		const list = page.getByRole('dialog', { name: 'Import a list of cases' });
		await list.getByLabel('Lines').fill('case_reference,status\nPL-26-1187,open\nPL-26-0042,closed\nXX,open\n');
		await list.getByRole('button', { name: 'Import', exact: true }).click();
		await expect(list.getByRole('alert').getByRole('listitem')).toContainText('Line 4');
		await list.getByLabel('Lines').fill('case_reference,status\nPL-26-1187,open\nPL-26-0042,closed\n');
		await list.getByRole('button', { name: 'Import', exact: true }).click();
		await expect(page.getByText('2 case references')).toBeVisible();
		await expect(page.getByText('1 open, 1 closed')).toBeVisible();
		await examine(page, 'cases');

		await page.getByRole('button', { name: 'Take it away' }).click();
		await page
			.getByRole('dialog', { name: 'Take the list away' })
			.getByRole('button', { name: 'Take it away' })
			.click();
		await expect(page.getByRole('button', { name: 'Import a list' })).toBeVisible();
		await page.getByRole('button', { name: 'Change', exact: true }).click();
		await dialog.getByLabel('Pattern', { exact: true }).fill('');
		await dialog.getByRole('button', { name: 'Set it' }).click();
		await expect(page.getByRole('button', { name: 'Set a pattern' })).toBeVisible();
	});
});
