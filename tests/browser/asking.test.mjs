// An investigator comes through the enhanced door and asks all six kinds of question about the stories of Port Larkin.

import assert from 'node:assert/strict';
import test, { after, afterEach, before } from 'node:test';
import { answer, ask, drawRectangle, enter, examine, field, lastDays, openBrowser, openPage, purposes, refusal, rows, settled, shot, watchFaults, why } from './support.mjs';

let browser;
let page;
/** Where the truck of the three burglaries was read, oldest first; the first question finds out. */
let places;

before(async () => {
  browser = await openBrowser();
  page = await openPage(browser);
  await enter(page, 'investigator', 'Enhanced');
});
after(() => browser?.close());
watchFaults(afterEach);

async function plate(kind, text, state) {
  await why(page, kind, purposes.federal);
  await field(page, 'plate').fill(text);
  await field(page, 'state').selectOption(state);
  for (const widen of ['look_alikes', 'alternatives']) await field(page, widen).setChecked(false);
  await lastDays(page, 30);
}

const heading = (name) => answer(page).getByRole('heading', { name, exact: true });

test('WHY 3 a missing case reference is refused and its field has the focus', async () => {
  await plate('full-plate', '7KXM204', 'US-CA');
  await field(page, 'purpose.case_reference').fill('');
  assert.equal((await ask(page)).status(), 422);
  assert.match(await refusal(page).textContent(), /^Refused: A case reference is missing\. .+ Recorded as ledger entry [\d,]+\.$/);
  assert.ok(await field(page, 'purpose.case_reference').evaluate((node) => node === document.activeElement));
  assert.equal(await field(page, 'purpose.case_reference').getAttribute('aria-invalid'), 'true');
  await page.keyboard.type('HF-2026-0113');
  assert.equal(await refusal(page).textContent(), '');
});

test('WHY 1 a question without a time frame is refused and its field has the focus', async () => {
  await field(page, 'from').fill('');
  assert.equal((await ask(page)).status(), 422);
  assert.match(await refusal(page).textContent(), /time frame/);
  assert.ok(await field(page, 'from').evaluate((node) => node === document.activeElement));
});

test('QRY 6 movement shows numbered stops in order of time, with the time between them', async () => {
  await plate('movement', '7KXM204', 'US-CA');
  const response = await ask(page);
  assert.equal(response.status(), 201);
  await heading('8 reads').waitFor();
  assert.deepEqual(await rows(page).locator('.stop').allTextContents(), ['1', '2', '3', '4', '5', '6', '7', '8']);
  assert.equal(await answer(page).locator('.since').count(), 7);
  await answer(page).getByText('The way between them is not known, so none is drawn.').waitFor();
  const times = await rows(page).locator('.row time').evaluateAll((nodes) => nodes.map((node) => node.dateTime));
  assert.deepEqual(times, [...times].sort());
  const found = (await response.json()).page.rows;
  places = [...new Map(found.map(({ lat, lon }) => [`${lat},${lon}`, { lat, lon }])).values()];
  await shot(page, 'movement-1440-light');
});

test('QRY 10 look-alikes, other readings and unknown states are labelled and counted apart', async () => {
  await plate('full-plate', '8BSO150', 'US-CA');
  await ask(page);
  await heading('0 reads').waitFor();
  await field(page, 'look_alikes').check();
  await ask(page);
  await heading('4 reads').waitFor();
  assert.equal(await answer(page).locator('.count .why').textContent(), '4 look-alike');

  await plate('full-plate', 'TRX9284', 'US-WA');
  await field(page, 'alternatives').check();
  await ask(page);
  await heading('3 reads').waitFor();
  assert.equal(await answer(page).locator('.count .why').textContent(), '3 other reading');
  await rows(page).first().locator('.row').click();
  await answer(page).getByText('By another reading of the same picture: TRX9284.').waitFor();

  await plate('full-plate', 'HNB7316', 'US-AZ');
  await ask(page);
  await heading('3 reads').waitFor();
  assert.equal(await answer(page).locator('.count .why').textContent(), '3 state unknown');
});

test('QRY 2 a partial plate says what it accepts and finds the white pickup', async () => {
  await why(page, 'partial-plate', purposes.federal);
  await field(page, 'plate').fill('?82K?R');
  await page.getByText('Accepts one character + 82K + one character + R: exactly 6 characters, 4 known.').waitFor();
  await page.getByText('* and ? each stand for exactly one character').waitFor();
  await field(page, 'state').selectOption('US-OR');
  await field(page, 'vehicle.colour').fill('white');
  await lastDays(page, 30);
  await ask(page);
  await heading('4 reads').waitFor();
  assert.deepEqual([...new Set(await rows(page).locator('.c-plate .plate').allTextContents())], ['482KDR']);
});

test('QRY 3 LIM 1 a large answer is warned of, can be counted exactly, and shows the newest 5,000', async () => {
  await field(page, 'vehicle.colour').fill('');
  await field(page, 'state').selectOption('');
  await why(page, 'make-model', purposes.federal);
  await field(page, 'vehicle.make').fill('toyota');
  await lastDays(page, 30);
  assert.equal((await ask(page)).status(), 409);
  const dialog = page.getByRole('dialog', { name: 'At least 10,000 reads match' });
  await dialog.getByRole('button', { name: 'Count exactly' }).click();
  await dialog.getByText(/^Exactly 1\d,\d{3} reads\. Recorded as entry [\d,]+\.$/).waitFor();
  await shot(page, 'large-1440-light');
  await settled(page, () => dialog.getByRole('button', { name: 'Show the newest 5,000' }).click());
  await answer(page).getByRole('heading', { name: /^1\d,\d{3} reads$/ }).waitFor();
  await answer(page).getByText('Older matches are not in this answer.').waitFor();
  await answer(page).getByText('1–500 of 5,000 reads').waitFor();
  await answer(page).getByRole('button', { name: 'Older' }).click();
  await answer(page).getByText('501–1,000 of 5,000 reads').waitFor();
});

test('QRY 8 an answer is filtered without a new question', async () => {
  const asked = [];
  page.on('request', (request) => request.method() === 'POST' && asked.push(request.url()));
  await answer(page).getByText('Filter', { exact: true }).click();
  await answer(page).getByRole('button', { name: /^tacoma/ }).click();
  await answer(page).getByText(/of \d+ reads, filtered$/).waitFor();
  const vehicles = await rows(page).locator('.c-vehicle').allTextContents();
  assert.ok(vehicles.length > 0 && vehicles.every((vehicle) => vehicle.endsWith('toyota tacoma')));
  await shot(page, 'filtered-1440-light');
  await answer(page).getByRole('button', { name: 'Remove filter tacoma' }).click();
  await answer(page).getByText('1–500 of 5,000 reads', { exact: true }).waitFor();
  assert.deepEqual(asked, []);
});

test('LIM 4 a preview counts the reads of an area before any plate is shown', async () => {
  await field(page, 'vehicle.make').fill('');
  await why(page, 'area', purposes.federal);
  await drawRectangle(page, places[0]);
  await page.getByText(/^0\.\d+ km² together, \d+ fixed cameras? inside\.$/).waitFor();
  await lastDays(page, 7);
  await ask(page, 'Preview');
  await answer(page).getByText('No plate has been shown.').waitFor();
  assert.equal(await rows(page).count(), 0);
  await shot(page, 'preview-1440-light');
});

test('QRY 4 RES 4 an area is drawn with the mouse and its plates are shown with a reminder to verify', async () => {
  const counted = await answer(page).locator('.count h2').textContent();
  await settled(page, () => answer(page).getByRole('button', { name: 'Show plates' }).click());
  await heading(counted).waitFor();
  assert.ok((await rows(page).count()) > 5);
  assert.equal(await rows(page).first().locator('.swatch').textContent(), 'A');
  await answer(page).getByText('Verify before acting; never act on this alone.').waitFor();
  await rows(page).first().locator('.row').click();
  await answer(page).locator('.photo img').nth(1).waitFor();
  await shot(page, 'area-1440-light');
});

test('QRY 9 the same is asked again over another time frame as one action, said to be a repeat', async () => {
  await answer(page).getByText('Ask the same again over another time frame').click();
  await settled(page, () => answer(page).getByRole('button', { name: 'Ask again' }).click());
  await answer(page).getByText('asked again', { exact: true }).waitFor();
});

test('QRY 5 WHY 7 a common plate of three places is a table whose cells open the reads and photos', async () => {
  await why(page, 'common-plate', { ...purposes.federal, facts: '' });
  await drawRectangle(page, places[2]);
  await drawRectangle(page, places[4]);
  await lastDays(page, 30);
  assert.equal((await ask(page)).status(), 422);
  assert.ok(await field(page, 'purpose.suspicion_facts').evaluate((node) => node === document.activeElement));
  await page.keyboard.type(purposes.federal.facts);
  await ask(page);
  const line = answer(page).getByRole('row', { name: /^7KXM204/ });
  await line.waitFor();
  assert.equal(await line.getByRole('button').count(), 3);
  await line.getByRole('button', { name: /^7KXM204 in area B: 2 reads/ }).click();
  const cell = answer(page).locator('.cell');
  await cell.locator('.row').first().click();
  await cell.locator('.photo img').nth(1).waitFor();
  await examine(page, 'common');
});

test('a read that is picked on the map is opened in the list', async () => {
  await plate('full-plate', '7KXM204', 'US-CA');
  for (const name of ['Remove area C', 'Remove area B', 'Remove area A']) {
    await why(page, 'area', purposes.federal);
    await page.getByRole('button', { name }).click();
  }
  await plate('full-plate', '7KXM204', 'US-CA');
  await ask(page);
  await heading('8 reads').waitFor();
  await page.getByLabel('Go to latitude, longitude').fill(`${places[0].lat}, ${places[0].lon}`);
  await page.getByLabel('Go to latitude, longitude').press('Enter');
  await page.locator('.map canvas').click();
  await answer(page).locator('li.open').waitFor();
  assert.ok(await answer(page).locator('li.open .row').evaluate((node) => node === document.activeElement));
});
