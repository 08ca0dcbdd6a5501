// Sign-in, rules of behavior, and a look with axe at every place, light and dark.

import assert from 'node:assert/strict';
import test, { after, afterEach, before } from 'node:test';
import { acceptRules, answer, ask, examine, field, lastDays, openBrowser, openPage, purposes, rows, shot, signIn, watchFaults, why } from './support.mjs';

let browser;
before(async () => { browser = await openBrowser(); });
after(() => browser?.close());
watchFaults(afterEach);

test('ACC 4 the rules of behavior must be scrolled to their end and accepted, at each sign-in', async () => {
  const page = await openPage(browser, { viewport: { width: 1440, height: 700 } });
  await signIn(page, 'analyst', 'Enhanced');
  const accept = page.getByRole('button', { name: 'I have read and accept them' });
  await page.getByRole('heading', { name: 'Enhanced functions' }).waitFor();
  assert.ok(await accept.isDisabled());
  await page.getByText('Scroll to the end to accept.').waitFor();
  // A page that skips them gets nothing from the service either.
  assert.equal((await page.request.get(new URL('/api/v1/reasons', page.url()).href)).status(), 403);
  await shot(page, 'rules-1440-light');
  await page.getByRole('region', { name: 'Rules of behavior' }).focus();
  await page.keyboard.press('End');
  await page.getByText('Your acceptance is recorded.').waitFor();
  await accept.click();
  await page.getByRole('form', { name: 'Ask' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
  await signIn(page, 'analyst');
  assert.ok(await accept.isDisabled());
  await page.getByRole('button', { name: 'Decline and sign out' }).click();
  await page.getByText('You are signed out.').waitFor();
});

test('ACC 6 a wrong password and a missing code are refused in the same words', async () => {
  const page = await openPage(browser);
  const words = 'The name, password or code is wrong, or the account is closed or locked.';
  const refused = page.getByRole('alert');
  await page.getByLabel('Sign-in name').fill('officer');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(words).waitFor();
  await page.getByRole('radio', { name: 'Enhanced' }).check();
  await page.getByLabel('Password').fill('not the password either');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText(words).waitFor();
  assert.equal(await refused.textContent(), words);
  assert.equal(await page.getByLabel('Password').inputValue(), '');
});

test('sign-in, rules, question and answer have no serious finding of axe, light and dark', async () => {
  const page = await openPage(browser);
  await examine(page, 'sign-in');
  await signIn(page, 'officer');
  await examine(page, 'rules');
  await acceptRules(page);
  await examine(page, 'ask');
  await why(page, 'full-plate', purposes.police);
  await field(page, 'plate').fill('7KXM204');
  await field(page, 'state').selectOption('US-CA');
  await lastDays(page, 30);
  await ask(page);
  await rows(page).first().locator('.row').click();
  await answer(page).locator('.photo img').nth(1).waitFor();
  await examine(page, 'answer');
});

test('the theme can be changed and stays changed', async () => {
  const page = await openPage(browser);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByRole('button', { name: 'Dark' }).click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole('button', { name: 'Light' }).waitFor();
  assert.equal(await ground(), dark);
});
