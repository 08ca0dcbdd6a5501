/** What every browser test shares: accounts, sessions, the form, and a page that fails on any console error. */
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Locator, type Page, type Response } from '@playwright/test';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const data = process.env.SIGHTLINE_DATA ?? fileURLToPath(new URL('../../data', import.meta.url));
export const program =
	process.env.SIGHTLINE_PROGRAM ?? fileURLToPath(new URL('../../target/release/sightline', import.meta.url));
const screens = fileURLToPath(new URL('../../target/screens/', import.meta.url));
const sessions = join(data, 'test-sessions');

export type Login =
	| 'officer'
	| 'detective'
	| 'investigator'
	| 'analyst'
	| 'enforcement'
	| 'chief'
	| 'manager'
	| 'host'
	| 'sergeant'
	| 'deputychief'
	| 'rookie';
export type Door = 'Standard' | 'Enhanced';
export const PHONE = { width: 390, height: 844 };
export const WIDE = { width: 1440, height: 900 };

interface Account {
	login: string;
	password: string;
}

export const account = (login: Login): Account => {
	const { accounts } = JSON.parse(readFileSync(join(data, 'demo-accounts.json'), 'utf8')) as { accounts: Account[] };
	const found = accounts.find((one) => one.login === login);
	if (!found) throw new Error(`the demo has no account ${login}`);
	return found;
};

/** The six digits for the enhanced door; a code counts once, so an account goes through that door once in 30 seconds. */
export const code = (login: Login) =>
	execFileSync(program, ['demo-code', '--data', data, login], {
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'ignore'],
	}).trim();

/** Where the session of an account is kept for the tests that only need to be signed in. */
export const sessionOf = (login: Login, door: Door) => {
	mkdirSync(sessions, { recursive: true });
	return join(sessions, `${login}-${door}.json`);
};

/** A page that is signed in, by the session that `accounts.setup.ts` made. */
export const signedIn = (login: Login, door: Door) => ({ storageState: sessionOf(login, door) });

interface Fixtures {
	/** Console errors, page errors and violations of the content security policy, except those the page explains. */
	faults: string[];
}

export const test = base.extend<Fixtures>({
	faults: [
		async ({ page }, use) => {
			const faults: string[] = [];
			watch(page, faults);
			page.context().on('page', (other) => watch(other, faults));
			await use(faults);
			expect(faults, 'the page complained').toEqual([]);
		},
		{ auto: true },
	],
});

function watch(page: Page, faults: string[]): void {
	// A refusal is an HTTP status that the page explains, and a request without a connection one that it tells of; the
	// browser logs both all the same.
	const explained =
		/^Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DISCONNECTED)/;
	page.on('console', (message) => {
		if (message.type() === 'error' && !explained.test(message.text())) faults.push(message.text());
	});
	page.on('pageerror', (error) => faults.push(String(error)));
}

/** The service's time in milliseconds; the demo's clock is not this machine's. A page that is signed in is asked. */
async function serviceTime(page: Page): Promise<number> {
	const { now } = (await (await page.request.get('/api/v1/session')).json()) as { now: string };
	return Date.parse(now);
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The six digits of a key as an authenticator app shows them (RFC 6238: SHA-1, 30 s). */
function codeOf(key: string, time: number): string {
	const bits = [...key.replace(/\s/g, '')].map((sign) => BASE32.indexOf(sign).toString(2).padStart(5, '0')).join('');
	const bytes = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
	const step = Buffer.alloc(8);
	step.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
	const hash = createHmac('sha1', bytes).update(step).digest();
	const value = hash.readUInt32BE(hash[hash.length - 1]! & 15) & 0x7fffffff;
	return String(value % 1_000_000).padStart(6, '0');
}

/** The link that a manager's page has just shown; closes what shows it. */
export async function linkShown(page: Page, name: string): Promise<string> {
	const dialog = page.getByRole('dialog', { name: `Link for ${name}` });
	const link = await dialog.getByRole('region', { name: 'One-time link' }).innerText();
	await dialog.getByRole('button', { name: 'I have kept it' }).click();
	return link.trim();
}

/** Fills in what a one-time link asks for. `manager` is a page that is signed in. */
export async function useLink(page: Page, manager: Page, link: string, password: string): Promise<void> {
	await page.goto(link);
	await page.getByLabel('New password').fill(password);
	const key = await page.getByRole('region', { name: 'Key' }).innerText();
	await page.getByLabel('Code that the app shows').fill(codeOf(key, await serviceTime(manager)));
	await page.getByRole('button', { name: 'Finish' }).click();
}

/** Up to the rules of behavior. */
export async function signIn(page: Page, login: Login, door: Door = 'Standard'): Promise<void> {
	await page.getByLabel('Sign-in name').fill(login);
	await page.getByLabel('Password').fill(account(login).password);
	if (door === 'Enhanced') {
		await page.getByRole('radio', { name: 'Enhanced' }).check();
		await page.getByLabel('Code', { exact: true }).fill(code(login));
	}
	await page.getByRole('button', { name: 'Sign in', exact: true }).click();
	await page.getByRole('heading', { name: 'Rules of behavior', exact: true }).waitFor();
}

/** Reads the rules to their end and accepts them. */
export async function acceptRules(page: Page): Promise<void> {
	await page
		.getByRole('region', { name: 'Rules of behavior' })
		.evaluate((node) => (node.scrollTop = node.scrollHeight));
	await page.getByRole('button', { name: 'I have read and accept them' }).click();
	await page.getByRole('navigation', { name: 'Places' }).waitFor();
}

/** A picture of a place in target/screens. */
export async function shot(page: Page, name: string): Promise<void> {
	mkdirSync(screens, { recursive: true });
	await page.screenshot({ path: join(screens, `${name}.png`) });
}

/** Fails with the serious and critical findings of axe, in both color schemes, and takes a picture of each. */
export async function examine(page: Page, place: string): Promise<void> {
	const width = page.viewportSize()?.width ?? 0;
	for (const scheme of ['light', 'dark'] as const) {
		await page.emulateMedia({ colorScheme: scheme });
		await mapIsIdle(page);
		const { violations } = await new AxeBuilder({ page }).analyze();
		const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
		const told = serious.map(({ id, help, nodes }) => ({
			id,
			help,
			where: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
		}));
		expect(told, `${place}, ${scheme}`).toEqual([]);
		await shot(page, `${place}-${width}-${scheme}`);
	}
	await page.emulateMedia({ colorScheme: 'light' });
}

/** The map, where there is one, has drawn what it shows. */
export async function mapIsIdle(page: Page): Promise<void> {
	const map = page.locator('[data-idle]');
	if ((await map.count()) > 0) await expect(map).toHaveAttribute('data-idle', 'true', { timeout: 20_000 });
}

export const answer = (page: Page): Locator => page.getByRole('region', { name: 'Answer', exact: true });
export const rows = (page: Page): Locator => answer(page).locator('[data-id]');
export const count = (page: Page): Locator => answer(page).locator('h2').first();

/** A field by its place in the question, as the API names it. */
export const field = (page: Page, name: string): Locator =>
	page.locator(`[data-field="${name}"]`).locator('input, select, textarea').first();

const FEDERAL = {
	reason: 'SMUGGLING',
	caseReference: 'HF-2026-0113',
	subject: 'driver of the gray truck',
	target: 'gray Ford truck with a dented tailgate',
	justification: 'The truck is said to carry the goods of this case.',
	facts: 'Witnesses saw a gray truck at each of these places.',
};
const POLICE = {
	reason: 'BURGLARY',
	caseReference: 'PL-26-1187',
	subject: 'driver of the gray truck',
	target: 'gray Ford truck with a dented tailgate',
	justification: 'The truck was seen leaving the shop.',
	facts: 'A witness saw a gray truck leave each of these shops.',
};
/** Why, of the two agencies of the demo. */
export const purposes = { federal: FEDERAL, police: POLICE };
export type Purpose = typeof FEDERAL;

/** Goes to the desk and waits for its form and map. */
export async function openDesk(page: Page): Promise<void> {
	await page.goto('/');
	await form(page).waitFor();
	await expect(field(page, 'purpose.reason').locator('option').nth(1)).toBeAttached();
}

export const form = (page: Page): Locator => page.getByRole('form', { name: 'Ask' });

/** Chooses the kind and fills in why, as far as the form asks for it. */
export async function why(page: Page, kind: string, purpose: Purpose): Promise<void> {
	await page.locator(`[data-kind="${kind}"] input`).check();
	const line = page.getByRole('button', { name: /^Why:/ });
	if (await line.isVisible()) await line.click();
	await field(page, 'purpose.reason').selectOption(purpose.reason);
	await field(page, 'purpose.case_reference').fill(purpose.caseReference);
	await fillShown(page, 'purpose.subject', purpose.subject);
	await fillShown(page, 'purpose.justification', purpose.justification);
	await fillShown(page, 'purpose.suspicion_facts', purpose.facts);
	await fillShown(page, 'purpose.target.description', purpose.target);
	const target = field(page, 'purpose.target.kind');
	if (await target.isVisible()) await target.selectOption('vehicle');
	await field(page, 'purpose.not_based_on_trait').check();
	const place = field(page, 'purpose.place_linked_to_case');
	if (await place.isVisible()) await place.check();
}

async function fillShown(page: Page, name: string, text: string): Promise<void> {
	const control = field(page, name);
	if (await control.isVisible()) await control.fill(text);
}

/** Plate, state and the last 30 days of one of the kinds that ask for a plate. */
export async function plate(page: Page, kind: string, text: string, state: string, purpose: Purpose): Promise<void> {
	await why(page, kind, purpose);
	await field(page, 'plate').fill(text);
	await field(page, 'state').fill(state);
	await lastDays(page, 30);
}

export const lastDays = (page: Page, days: 1 | 7 | 30): Promise<void> =>
	page
		.getByRole('group', { name: 'Time frame' })
		.getByRole('button', { name: days === 1 ? '24 hours' : `${days} days`, exact: true })
		.click();

/** Presses a button of the form and waits until what comes of it is on the page. */
export const ask = (page: Page, button: 'Ask' | 'Preview' = 'Ask'): Promise<Response> =>
	settled(page, () => form(page).getByRole('button', { name: button, exact: true }).click());

export const refusal = (page: Page): Locator => form(page).locator('.refusal');

/** Does what asks, and waits until what comes of it is on the page: an answer, a refusal or a warning. */
export async function settled(page: Page, act: () => Promise<void>): Promise<Response> {
	const answered = page.waitForResponse(
		(response) =>
			response.request().method() === 'POST' &&
			/\/queries(\/[^/]+\/(show|again))?$/.test(new URL(response.url()).pathname),
	);
	await act();
	const response = await answered;
	await expect(page.locator('form[data-ask]')).not.toHaveAttribute('data-busy');
	return response;
}

/** Moves the map to a place and drags a rectangle around it with the mouse. */
export async function drawRectangle(page: Page, { lat, lon }: { lat: number; lon: number }): Promise<void> {
	const go = page.getByLabel('Go to latitude, longitude');
	await go.fill(`${lat}, ${lon}`);
	await go.press('Enter');
	await mapIsIdle(page);
	await page
		.getByRole('button', { name: /^Draw a rectangle|^Rectangle/ })
		.first()
		.click();
	const ground = (await page.locator('.map canvas').first().boundingBox())!;
	const [x, y] = [ground.x + ground.width / 2, ground.y + ground.height / 2];
	await page.mouse.move(x - 60, y - 60, { steps: 4 });
	await page.mouse.down();
	await page.mouse.up();
	await page.mouse.move(x + 60, y + 60, { steps: 6 });
	await page.mouse.down();
	await page.mouse.up();
}

/** Right answers of the course on the tool, by place; a person finds them by reading it. */
const TOOL_ANSWERS = [1, 2, 1, 0, 2, 1, 0, 2];

/** Fills in the test of the course on the tool and hands it in. */
export async function answerTest(page: Page, how: 'right' | 'wrong'): Promise<void> {
	const questions = page.locator('form#test fieldset');
	await expect(questions).toHaveCount(TOOL_ANSWERS.length);
	for (const [index, right] of TOOL_ANSWERS.entries()) {
		const place = how === 'right' ? right : (right + 1) % 3;
		await questions.nth(index).getByRole('radio').nth(place).check();
	}
	await page.getByRole('button', { name: 'Hand in' }).click();
}

export { expect };
