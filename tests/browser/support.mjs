// What every browser test shares: the running service, signing in, the form, and a page that fails on any console error.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const address = process.env.SIGHTLINE_ADDRESS ?? 'http://localhost:8080';
const data = process.env.SIGHTLINE_DATA ?? 'data';
const program = process.env.SIGHTLINE_PROGRAM ?? fileURLToPath(new URL('../../target/release/sightline', import.meta.url));
const screens = fileURLToPath(new URL('../../target/screens/', import.meta.url));
mkdirSync(screens, { recursive: true });

const { accounts } = JSON.parse(readFileSync(join(data, 'demo-accounts.json'), 'utf8'));

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
const opened = [];
/** Longest wait for one thing on the page. */
const WAIT_MS = 15_000;

/** One browser for a test file; each session has cookies of its own. */
export async function openBrowser() {
  const args = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args });
}

/** A fresh page. `faults` collects console errors, page errors and violations of the content security policy. */
export async function openPage(browser, { viewport = WIDE, scheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: scheme, locale: 'en-US', reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults = [];
  // A refusal is an HTTP status that the page explains; the browser logs it as a failed resource all the same.
  const explained = /^Failed to load resource: the server responded with a status of 4\d\d/;
  page.on('console', (message) => message.type() === 'error' && !explained.test(message.text()) && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(address);
  opened.push(Object.assign(page, { faults }));
  return page;
}

/** The six digits for the enhanced door. A code counts once, so each account goes through that door once in a run. */
const code = (login) => execFileSync(program, ['demo-code', '--data', data, login], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

/** Up to the rules of behaviour. */
export async function signIn(page, login, door = 'Standard') {
  const account = accounts.find((one) => one.login === login);
  await page.getByLabel('Sign-in name').fill(login);
  await page.getByLabel('Password').fill(account.password);
  if (door === 'Enhanced') {
    await page.getByRole('radio', { name: 'Enhanced' }).check();
    await page.getByLabel(/^Code/).fill(code(login));
  }
  await page.getByRole('button', { name: 'Sign in' }).click();
  const rules = page.getByRole('heading', { name: 'Rules of behavior' });
  await rules.or(page.getByRole('alert').filter({ hasText: /\S/ })).first().waitFor();
  if (!(await rules.isVisible())) throw new Error(`${login} cannot sign in: ${await page.getByRole('alert').textContent()}`);
}

/** Reads the rules to their end, accepts them and waits for what comes after: the form, unless told otherwise. */
export async function acceptRules(page, next = page.getByRole('form', { name: 'Ask' })) {
  await page.getByRole('region', { name: 'Rules of behavior' }).evaluate((node) => { node.scrollTop = node.scrollHeight; });
  await page.getByRole('button', { name: 'I have read and accept them' }).click();
  await next.waitFor();
}

export async function enter(page, login, door) {
  await signIn(page, login, door);
  await acceptRules(page);
}

const FEDERAL = { reason: 'SMUGGLING', case: 'HF-2026-0113', subject: 'driver of the gray truck', target: 'gray Ford truck with a dented tailgate', justification: 'The truck is said to carry the goods of this case.', facts: 'Witnesses saw a gray truck at each of these places.' };
const POLICE = { reason: 'BURGLARY', case: 'PL-26-1187', subject: 'driver of the gray truck', target: 'gray Ford truck with a dented tailgate', justification: 'The truck was seen leaving the shop.', facts: 'A witness saw a gray truck leave each of these shops.' };
export const purposes = { federal: FEDERAL, police: POLICE };

/** A field by its place in the question, as the API names it. */
export const field = (page, name) => page.locator(`[data-field="${name}"]`).locator('input, select, textarea').first();

/** Chooses the kind and fills in why; fields that the kind does not have are hidden and left alone. */
export async function why(page, kind, purpose) {
  await page.locator(`[data-kind="${kind}"] input`).check();
  await field(page, 'purpose.reason').selectOption(purpose.reason);
  await field(page, 'purpose.case_reference').fill(purpose.case);
  await fillShown(page, 'purpose.subject', purpose.subject);
  await fillShown(page, 'purpose.suspicion_facts', purpose.facts);
  await fillShown(page, 'purpose.target.description', purpose.target);
  const target = field(page, 'purpose.target.kind');
  if (await target.isVisible()) await target.selectOption('vehicle');
  await field(page, 'purpose.justification').fill(purpose.justification);
  await field(page, 'purpose.not_based_on_trait').check();
  const place = field(page, 'purpose.place_linked_to_case');
  if (await place.isVisible()) await place.check();
}

async function fillShown(page, name, text) {
  const control = field(page, name);
  if (await control.isVisible()) await control.fill(text);
}

export async function lastDays(page, days) {
  await page.getByRole('button', { name: days === 1 ? '24 hours' : `${days} days`, exact: true }).click();
}

/** Presses a button of the form and waits until what comes of it is on the page: an answer, a refusal or a warning. */
export async function ask(page, button = 'Ask') {
  return settled(page, () => page.locator('.ask-foot').getByRole('button', { name: button, exact: true }).click());
}

/** Does what asks, and waits until its answer is on the page. */
export async function settled(page, act) {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST' && /\/queries(\/[^/]+\/(show|again))?$/.test(new URL(response.url()).pathname));
  await act();
  const response = await answered;
  await page.locator('.ask:not([data-busy])').waitFor({ state: 'attached' });
  return response;
}

export const answer = (page) => page.getByRole('region', { name: 'Answer' });
export const refusal = (page) => page.locator('.ask-foot .refusal');
export const rows = (page) => answer(page).locator('.rows > li[data-id]');

/** Moves the map to a place and drags a rectangle around it with the mouse, some 450 metres to each side. */
export async function drawRectangle(page, { lat, lon }) {
  await page.getByLabel('Go to latitude, longitude').fill(`${lat}, ${lon}`);
  await page.getByLabel('Go to latitude, longitude').press('Enter');
  for (let times = 0; times < 3; times += 1) await page.getByRole('button', { name: '+', exact: true }).click();
  await page.getByRole('button', { name: 'Draw a rectangle' }).click();
  const ground = await page.locator('.map canvas').boundingBox();
  const [x, y] = [ground.x + ground.width / 2, ground.y + ground.height / 2];
  await page.mouse.move(x - 90, y - 90);
  await page.mouse.down();
  await page.mouse.move(x + 90, y + 90, { steps: 4 });
  await page.mouse.up();
}

export async function shot(page, name) {
  await page.screenshot({ path: join(screens, `${name}.png`) });
}

/** Fails with the serious and critical findings of axe, in both color schemes, and takes a picture of each. */
export async function examine(page, place) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    const told = serious.map(({ id, help, nodes }) => `${place}, ${scheme}: ${id}, ${help}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`);
    assert.deepEqual(told, []);
    await shot(page, `${place}-1440-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

/** Fails with what the console said. Registered once in each file. */
export function watchFaults(afterEach) {
  afterEach(() => {
    const said = opened.flatMap((page) => page.faults.splice(0));
    if (said.length) throw new Error(`the page complained:\n${said.join('\n')}`);
  });
}
