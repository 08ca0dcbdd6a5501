// A print proves by its code that the question was recorded: read as a camera reads it, verified by a program without a network.
import type { Locator, Page } from '@playwright/test';
import jsqr from 'jsqr';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, ask, expect, openDesk, plate, program, purposes, rows, shot, signedIn, test } from './support';

/** The text of a code, from its picture. */
async function readCode(page: Page, code: Locator): Promise<string> {
	// Paper has more dots than this screen.
	await code.evaluate((svg: SVGElement) => svg.style.setProperty('width', '1200px'));
	await code.evaluate((svg: SVGElement) => svg.style.setProperty('height', '1200px'));
	const picture = (await code.screenshot()).toString('base64');
	const { width, height, light } = await page.evaluate(async (base64) => {
		const image = new Image();
		image.src = `data:image/png;base64,${base64}`;
		await image.decode();
		const canvas = document.createElement('canvas');
		[canvas.width, canvas.height] = [image.width, image.height];
		const context = canvas.getContext('2d')!;
		context.drawImage(image, 0, 0);
		const { data } = context.getImageData(0, 0, image.width, image.height);
		let bits = '';
		for (let at = 0; at < data.length; at += 4) bits += data[at]! > 127 ? '1' : '0';
		return { width: image.width, height: image.height, light: bits };
	}, picture);
	const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
	for (let at = 0; at < light.length; at += 1) if (light[at] === '0') pixels.fill(0, at * 4, at * 4 + 3);
	return new TextDecoder().decode(Uint8Array.from(jsqr(pixels, width, height)?.binaryData ?? []));
}

test.describe('an officer at the standard door', () => {
	test.use(signedIn('officer', 'Standard'));

	test('AUD 6 the code on a print verifies offline, and names the entry and leaf hash that are printed', async ({
		page,
	}) => {
		await openDesk(page);
		await plate(page, 'full-plate', '7KXM204', 'US-CA', purposes.police);
		const asked = await ask(page);
		const { receipt } = (await asked.json()) as { receipt: { entry: number; leaf_hash: string } };
		await rows(page).first().getByText('7KXM204').first().click();
		await page.keyboard.press('r');
		await expect(answer(page).getByText('1 relevant')).toBeVisible();
		const opened = page.evaluate(
			() => new Promise<string>((done) => (window.print = () => done(document.querySelector('.on-paper')!.innerHTML))),
		);
		await answer(page).getByRole('button', { name: 'Print relevant reads' }).click();
		expect(await opened, 'the code is there before the print dialog opens').toContain('<svg');
		await page.emulateMedia({ media: 'print' });
		const sheet = page.locator('.on-paper');
		await expect(sheet).toContainText(receipt.leaf_hash);
		await shot(page, 'print-proof-1440-light');
		const text = await readCode(page, sheet.getByRole('img', { name: 'Proof that the question is in the ledger' }));

		const folder = mkdtempSync(join(tmpdir(), 'sightline-receipt-'));
		try {
			const [file, vkey] = [join(folder, 'receipt'), join(folder, 'vkey')];
			writeFileSync(file, text);
			writeFileSync(vkey, await (await page.request.get('/ledger/vkey')).text());
			const verify = () =>
				execFileSync(program, ['ledger', 'verify-receipt', file, '--vkey', vkey], { encoding: 'utf8' });
			const said = verify();
			expect(said).toContain(`entry ${receipt.entry} is in the log`);
			expect(said).toContain(`leaf hash ${receipt.leaf_hash}`);
			writeFileSync(file, text.replace(`index ${receipt.entry}`, `index ${receipt.entry - 1}`));
			expect(verify).toThrow('does not prove');
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
