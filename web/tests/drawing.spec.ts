// Areas are drawn, edited, typed, pasted and saved; size and cameras are said, never a count of reads.
import type { Locator, Page } from '@playwright/test';
import { expect, field, form, mapIsIdle, openDesk, PHONE, purposes, shot, signedIn, test, why } from './support';

test.use(signedIn('investigator', 'Enhanced'));

const SQUARE = '34.006, -140.057\n34.006, -140.049\n33.998, -140.049\n33.998, -140.057';

test.beforeEach(async ({ page }) => {
	await openDesk(page);
	await why(page, 'area', purposes.federal);
	await mapIsIdle(page);
});

const areas = (page: Page): Locator => form(page).getByRole('list', { name: 'Areas' }).getByRole('listitem');

/** Clicks on places of the map, in pixels from its middle. */
async function click(page: Page, ...places: [number, number][]): Promise<void> {
	const ground = (await page.locator('.map canvas').first().boundingBox())!;
	for (const [right, down] of places) {
		await page.mouse.move(ground.x + ground.width / 2 + right, ground.y + ground.height / 2 + down, { steps: 4 });
		await page.mouse.down();
		await page.mouse.up();
	}
}

const tool = (page: Page, name: string): Promise<void> =>
	page.getByRole('toolbar', { name: 'Map tools' }).getByRole('button', { name, exact: true }).click();

async function goTo(page: Page, place: string): Promise<void> {
	const go = page.getByLabel('Go to latitude, longitude');
	await go.fill(place);
	await go.press('Enter');
	await mapIsIdle(page);
}

test('QRY 4 polygon, rectangle, circle and corridor are drawn with the mouse, each with its size', async ({ page }) => {
	await goTo(page, '34.002, -140.053');
	await tool(page, 'Draw a polygon');
	await click(page, [-120, -90], [-30, -90], [-30, -20], [-120, -20], [-120, -90]);
	await expect(areas(page)).toHaveCount(1);
	await tool(page, 'Draw a rectangle');
	await click(page, [20, -90], [110, -20]);
	await expect(areas(page)).toHaveCount(2);
	await tool(page, 'Draw a circle');
	await click(page, [-70, 80], [-40, 80]);
	await expect(areas(page)).toHaveCount(3);
	await tool(page, 'Draw a corridor along a road');
	await click(page, [20, 60], [110, 120]);
	await page.keyboard.press('Enter');
	await expect(areas(page)).toHaveCount(4);
	for (const [index, shape] of ['Polygon', 'Rectangle', 'Circle', 'Corridor'].entries()) {
		await expect(areas(page).nth(index)).toContainText(shape);
		await expect(areas(page).nth(index)).toContainText(/m²/);
	}
	await shot(page, 'drawing-1440-light');
	await areas(page).nth(1).getByRole('button', { name: 'Delete area B' }).click();
	await expect(areas(page)).toHaveCount(3);
});

test('QRY 4 an area is typed as coordinates, and its cameras are counted before anything is asked', async ({
	page,
}) => {
	await form(page).getByRole('button', { name: 'Type or paste' }).click();
	const dialog = page.getByRole('dialog', { name: 'Type or paste an area' });
	await dialog.getByRole('textbox').fill(SQUARE);
	await dialog.getByRole('button', { name: 'Add' }).click();
	await expect(areas(page).first()).toContainText('0.656 km²');
	await expect(
		form(page)
			.getByText(/1 fixed camera/)
			.first(),
	).toBeVisible();
	await expect(form(page).getByText(/reads in/)).toHaveCount(0);
});

test('QRY 4 GeoJSON with a hole is pasted; what is not an area is refused in words', async ({ page }) => {
	await form(page).getByRole('button', { name: 'Type or paste' }).click();
	const dialog = page.getByRole('dialog', { name: 'Type or paste an area' });
	await dialog.getByRole('textbox').fill('{"type":"Point","coordinates":[-140.05,34.0]}');
	await dialog.getByRole('button', { name: 'Add' }).click();
	await expect(dialog.getByText(/Polygon/).first()).toBeVisible();
	await expect(areas(page)).toHaveCount(0);
	const ring = (west: number, south: number, east: number, north: number) => [
		[west, south],
		[east, south],
		[east, north],
		[west, north],
		[west, south],
	];
	const coordinates = [ring(-140.057, 33.998, -140.049, 34.006), ring(-140.054, 34.001, -140.052, 34.003)];
	await dialog
		.getByRole('textbox')
		.fill(JSON.stringify({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates } }));
	await dialog.getByRole('button', { name: 'Add' }).click();
	await expect(areas(page).first()).toContainText('1 hole');
	await expect(areas(page).first()).toContainText('0.615 km²');
});

test('an area is saved under a name, and is there for the next question', async ({ page }) => {
	await form(page).getByRole('button', { name: 'Type or paste' }).click();
	const typing = page.getByRole('dialog', { name: 'Type or paste an area' });
	await typing.getByRole('textbox').fill(SQUARE);
	await typing.getByRole('button', { name: 'Add' }).click();
	await form(page).getByRole('button', { name: 'Saved areas' }).click();
	const saved = page.getByRole('dialog', { name: 'Saved areas' });
	await saved.getByRole('textbox').fill('Founders Green');
	await saved.getByRole('button', { name: 'Save', exact: true }).click();
	await expect(saved.getByRole('button', { name: /Founders Green/ }).first()).toBeVisible();
	await page.reload();
	await openDesk(page);
	await why(page, 'area', purposes.federal);
	await expect(areas(page)).toHaveCount(0);
	await form(page).getByRole('button', { name: 'Saved areas' }).click();
	await saved.getByTitle('Add to the question').first().click();
	await expect(areas(page).first()).toContainText('0.656 km²');
});

test('an area is drawn by keyboard alone', async ({ page }) => {
	await goTo(page, '34.002, -140.053');
	await tool(page, 'Draw a polygon');
	await page.locator('.map canvas').first().focus();
	await page.keyboard.press('Space');
	for (const arrow of ['ArrowRight', 'ArrowDown']) {
		await page.keyboard.press(arrow);
		await mapIsIdle(page);
		await page.keyboard.press('Space');
	}
	await page.keyboard.press('Enter');
	await expect(areas(page)).toHaveCount(1);
	await expect(areas(page).first()).toContainText(/m²/);
});

test('on a phone an area is typed, asked about by preview, and nothing scrolls sideways', async ({ page }) => {
	await page.setViewportSize(PHONE);
	await form(page).getByRole('button', { name: 'Type or paste' }).click();
	const dialog = page.getByRole('dialog', { name: 'Type or paste an area' });
	await dialog.getByRole('textbox').fill(SQUARE);
	await dialog.getByRole('button', { name: 'Add' }).click();
	await expect(areas(page).first()).toContainText('0.656 km²');
	await expect(field(page, 'from')).toBeVisible();
	expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
	await shot(page, 'area-390-light');
});
