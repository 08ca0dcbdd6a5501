// Signs each account in once through the doors that the tests use, and keeps its session for them.
import { test as setup } from '@playwright/test';
import { acceptRules, sessionOf, signIn, type Door, type Login } from './support';

const SESSIONS: [Login, Door][] = [
	['officer', 'Standard'],
	['detective', 'Enhanced'],
	['investigator', 'Enhanced'],
	['analyst', 'Standard'],
	['enforcement', 'Enhanced'],
	['chief', 'Standard'],
	['manager', 'Standard'],
	['host', 'Standard'],
	['sergeant', 'Standard'],
	['deputychief', 'Standard'],
	['rookie', 'Standard'],
];

for (const [login, door] of SESSIONS) {
	setup(`${login} signs in through the ${door.toLowerCase()} door`, async ({ page }) => {
		await page.goto('/');
		await signIn(page, login, door);
		await acceptRules(page);
		await page.context().storageState({ path: sessionOf(login, door) });
	});
}
