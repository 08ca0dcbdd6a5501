// What each kind of account may do, and how the page says no.

import assert from 'node:assert/strict';
import test, { after, afterEach, before } from 'node:test';
import { acceptRules, answer, ask, enter, field, lastDays, openBrowser, openPage, PHONE, purposes, refusal, rows, settled, shot, signIn, watchFaults, why } from './support.mjs';

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());
watchFaults(afterEach);

async function askForTheTruck(page) {
  await why(page, 'full-plate', purposes.police);
  await field(page, 'plate').fill('7kxm 204');
  await field(page, 'state').selectOption('US-CA');
  await lastDays(page, 30);
  await ask(page);
  await answer(page).getByRole('heading', { name: '8 reads' }).waitFor();
}

test('QRY 1 AUD 6 an officer asks a full plate, opens its photos and sees the receipt', async () => {
  const page = await openPage(browser);
  await enter(page, 'officer');
  await askForTheTruck(page);
  assert.deepEqual(await rows(page).locator('.c-plate').allTextContents(), Array(8).fill('7KXM204US-CA'));
  const entry = Number((await answer(page).locator('.receipt b').textContent()).replace(',', ''));

  await rows(page).first().locator('.row').click();
  const photos = rows(page).first().locator('.photo img');
  await photos.nth(1).waitFor();
  assert.equal(await photos.count(), 2);
  assert.ok(await photos.evaluateAll((images) => images.every((image) => image.complete && image.naturalWidth > 100)));
  await shot(page, 'photos-1440-light');

  const opening = page.context().waitForEvent('page');
  await answer(page).getByRole('link', { name: 'Receipt' }).click();
  const receipt = await opening;
  await receipt.waitForLoadState();
  const text = await receipt.textContent('body');
  assert.match(text, new RegExp(`^c2sp\\.org/tlog-proof@v1\\b[^]*^index ${entry}$`, 'm'));
  await receipt.close();
});

test('the keyboard alone reads an answer: J and K walk through the reads, Enter opens one, a question mark shows the keys', async () => {
  const page = await openPage(browser);
  await enter(page, 'officer');
  await askForTheTruck(page);
  const at = () => page.evaluate(() => [...document.querySelectorAll('li[data-id]')].indexOf(document.activeElement.closest('li[data-id]')));
  for (const [key, position] of [['j', 0], ['j', 1], ['j', 2], ['k', 1]]) {
    await page.keyboard.press(key);
    assert.equal(await at(), position);
  }
  await page.keyboard.press('Enter');
  await rows(page).nth(1).locator('.photo img').nth(1).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).getByText('next, previous read').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

test('ACC 3 a kind that needs the enhanced door is refused at the standard door, and the form says so first', async () => {
  const page = await openPage(browser);
  await enter(page, 'analyst');
  await why(page, 'partial-plate', purposes.federal);
  await page.getByText('so it needs the enhanced door: sign out, and in again with your second factor.').waitFor();
  await field(page, 'plate').fill('?82K?R');
  await field(page, 'state').selectOption('US-OR');
  assert.equal((await ask(page)).status(), 403);
  assert.match(await refusal(page).textContent(), /^Refused: This kind of question needs the enhanced log-in\. Log in through the enhanced door\. Recorded as ledger entry [\d,]+\.$/);
});

test('ACC 2 enforcement is refused an area in plain words', async () => {
  const page = await openPage(browser);
  await enter(page, 'enforcement', 'Enhanced');
  await why(page, 'area', purposes.federal);
  await page.getByText('Type coordinates or paste GeoJSON').click();
  await page.getByLabel('Coordinates or GeoJSON').fill('34.006, -140.057\n34.006, -140.049\n33.998, -140.049\n33.998, -140.057');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  assert.equal((await ask(page)).status(), 403);
  assert.match(await refusal(page).textContent(), /^Refused: Questions about areas and common plates are not available to Enforcement\. Recorded as ledger entry [\d,]+\.$/);
  assert.equal(await rows(page).count(), 0);
  await shot(page, 'refused-1440-light');
});

test('ACC 2 accounts that manage and may not ask are told what they are for', async () => {
  for (const [login, words] of [['chief', /makes accounts, units, reasons/], ['host', /creates agencies and their first managers, and sees no records/]]) {
    const page = await openPage(browser);
    await signIn(page, login);
    await acceptRules(page, page.getByRole('heading', { name: 'This account asks no questions' }));
    await page.getByText(words).waitFor();
    await shot(page, `${login}-1440-light`);
  }
});

test('on a phone, asking, map and answer are three places, and nothing scrolls sideways', async () => {
  const page = await openPage(browser, { viewport: PHONE, scheme: 'dark' });
  await shot(page, 'sign-in-390-dark');
  await enter(page, 'detective', 'Enhanced');
  const fits = async () => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await why(page, 'area', purposes.police);
  await page.getByText('Type coordinates or paste GeoJSON').click();
  await page.getByLabel('Coordinates or GeoJSON').fill('34.006, -140.057\n34.006, -140.049\n33.998, -140.049\n33.998, -140.057');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('0.656 km² together, 1 fixed camera inside.').waitFor();
  await lastDays(page, 7);
  await fits();
  await shot(page, 'ask-390-dark');
  await ask(page, 'Preview');
  await settled(page, () => answer(page).getByRole('button', { name: 'Show plates' }).click());
  await rows(page).first().locator('.row').click();
  await answer(page).locator('.photo img').nth(1).waitFor();
  await fits();
  await shot(page, 'answer-390-dark');
  await page.getByRole('button', { name: 'Map', exact: true }).click();
  await page.locator('.map canvas').waitFor();
  await fits();
  await shot(page, 'map-390-dark');
});
