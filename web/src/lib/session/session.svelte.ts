/**
 * Who is signed in, and what the app shows because of it. The screen is locked when nobody used it for half an hour:
 * the session ends at the service, answers are forgotten, and only the question that was being written waits for the
 * same person.
 */
import { canUsePasskeys, usePasskey } from '../account/passkeys';
import { api, on, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { toasts } from '../ui/toasts.svelte';
import { Zone } from '../words/times';

export type Me = Schemas['Me'];
export type Door = 'plain' | 'enhanced';
export type Rules = Schemas['Rules'];

/** CJIS AC-11 asks for 30 minutes at most; the service ends its session after as long. */
const IDLE_MS = 30 * 60_000;
/** How often an idle screen looks at the clock, and tells other tabs that somebody is here. */
const LOOK_MS = 5_000;
/** Set while a session must not be shown again, because its end has not reached the service; holds nothing else. */
const MUST_END = 'sightline-must-end';
const ENDED = 'Your session has ended. Sign in again; the question you were writing is kept for you.';

/** `starting` until the service has answered once; `closed` shows the sign-in, `rules` the rules of behaviour. */
type State = 'starting' | 'closed' | 'rules' | 'open';

class Session {
	state = $state<State>('starting');
	me = $state.raw<Me | null>(null);
	zone = $state.raw(new Zone('UTC'));
	/** Why the sign-in is shown: locked, ended, signed out. */
	message = $state('');
	/** The service was reached at the last try. */
	reached = $state(true);
	/** By how much the service's clock is ahead of this machine's. */
	#aheadMs = 0;
	#lastUse = Date.now();
	#forget: (() => void)[] = [];
	#close: (() => void)[] = [];
	#lastUser: string | null = null;
	/** Counts the times that the screen closed: what was asked for before must not open it again. */
	#turn = 0;
	#ending: Promise<boolean> = Promise.resolve(true);
	#tabs = new BroadcastChannel('sightline');
	#told = 0;

	/** Reads the session; called once when the app starts. */
	async start(): Promise<void> {
		on.signedOut = () => this.close(ENDED);
		on.acceptRules = () => void this.refresh();
		on.reached = () => (this.reached = true);
		on.unreached = () => (this.reached = false);
		for (const event of ['pointerdown', 'keydown', 'wheel', 'touchstart'])
			addEventListener(event, () => this.used(), { passive: true, capture: true });
		document.addEventListener('visibilitychange', () => {
			this.#lockIfIdle();
			// Another tab may have signed in as somebody else, or out.
			if (!document.hidden && this.me) void this.refresh();
		});
		this.#tabs.addEventListener('message', ({ data }) => {
			if (data === 'used') this.#lastUse = Date.now();
			if (data === 'closed') this.close('Locked or signed out in another tab.');
		});
		addEventListener('offline', () => (this.reached = false));
		addEventListener('online', () => void (this.#mustEnd ? this.#endAtService() : this.refresh()));
		setInterval(() => this.#lockIfIdle(), LOOK_MS);
		if (this.#mustEnd) await this.#endAtService();
		if (this.#mustEnd) this.state = 'closed';
		else await this.refresh();
	}

	/** Reads who is signed in, and shows what that person may see. */
	async refresh(): Promise<void> {
		const turn = this.#turn;
		try {
			const me = await take(api.GET('/api/v1/session'), { quiet: true });
			if (turn === this.#turn && !this.#mustEnd) this.#show(me);
		} catch (error) {
			const problem = Problem.of(error);
			if (turn !== this.#turn) return;
			if (this.state === 'starting') {
				this.state = 'closed';
				if (problem.isOffline) this.message = problem.what;
			} else if (problem.code === 'signed-out') {
				this.close(ENDED);
			}
		}
	}

	/** Signs in through a door; what is wrong is thrown. */
	async signIn(login: string, password: string, door: Door, code: string): Promise<void> {
		const body = {
			login,
			password,
			door,
			code: door === 'enhanced' ? code.replace(/\s/g, '') : null,
			deliver: 'cookie',
		};
		// A late end of the session before would take the new cookie with it.
		await this.#ending;
		await take(api.POST('/api/v1/session', { body }), { quiet: true });
		await this.#opened();
	}

	async #opened(): Promise<void> {
		localStorage.removeItem(MUST_END);
		this.#lastUse = Date.now();
		this.message = '';
		this.#show(await take(api.GET('/api/v1/session'), { quiet: true }));
	}

	/** Signs in by a passkey of this device or a security key. */
	async signInByPasskey(login: string, door: Door): Promise<void> {
		await this.#ending;
		const begun = await take(api.POST('/api/v1/session/passkey/challenge', { body: { login } }), { quiet: true });
		const credential = await usePasskey(begun.options as Record<string, unknown>);
		const body = { ceremony: begun.ceremony, credential, door, deliver: 'cookie' };
		await take(api.POST('/api/v1/session/passkey', { body }), { quiet: true });
		await this.#opened();
	}

	/**
	 * Makes this session one of the enhanced door. Gives the rules that are accepted before anything else; until then the
	 * service refuses all, and this screen asks nothing.
	 */
	async stepUp(way: 'passkey' | { code: string }): Promise<Rules> {
		if (way !== 'passkey') {
			const body = { code: way.code.replace(/\s/g, '') };
			return (await take(api.POST('/api/v1/session/step-up', { body }), { quiet: true })).rules;
		}
		const begun = await take(api.POST('/api/v1/session/step-up/challenge'), { quiet: true });
		const credential = await usePasskey(begun.options as Record<string, unknown>);
		const body = { ceremony: begun.ceremony, credential };
		return (await take(api.POST('/api/v1/session/step-up', { body }), { quiet: true })).rules;
	}

	/** The refused thing needs the enhanced door, and this session can step up to it in place. */
	get canStepUp(): boolean {
		const ways = this.me?.step_up ?? [];
		return ways.includes('code') || (ways.includes('passkey') && canUsePasskeys());
	}

	async acceptRules(version: number): Promise<void> {
		await take(api.POST('/api/v1/session/rules', { body: { version, accepted: true } }), { quiet: true });
		await this.refresh();
	}

	async signOut(): Promise<void> {
		this.close('You are signed out.');
		this.#forgetAll();
		this.#lastUser = null;
		this.#tabs.postMessage('closed');
		if (await this.#endAtService()) return;
		this.message =
			'You are signed out on this screen, but Sightline was not reached. Your session ends there when the connection is back, and after 30 minutes at the latest.';
	}

	/** Hides the screen at once; the question being written waits for the same person. */
	async lock(): Promise<void> {
		this.close('Locked. Sign in again; the question you were writing is kept for you.');
		this.#tabs.postMessage('closed');
		await this.#endAtService();
	}

	/** Shows the sign-in and lets go of every answer. */
	close(message: string): void {
		if (this.state === 'closed') return;
		this.#turn += 1;
		this.me = null;
		this.message = message;
		this.state = 'closed';
		this.#letGo();
	}

	/** Runs when another person signs in, or this one signs out: drafts must not pass from one to the next. */
	onForget(forget: () => void): void {
		this.#forget.push(forget);
	}

	/** Runs whenever the screen closes: answers must not be behind the sign-in. */
	onClose(close: () => void): void {
		this.#close.push(close);
	}

	may(permission: string): boolean {
		return this.me?.permissions.includes(permission) ?? false;
	}

	is(role: string): boolean {
		return this.me?.roles.includes(role) ?? false;
	}

	/** May ask at least one kind of question. */
	get asks(): boolean {
		return (this.me?.permissions ?? []).some(
			(permission) => permission !== 'mobile' && permission !== 'export' && permission !== 'photo',
		);
	}

	/** The service's time in milliseconds: a time frame that ends "now" must end there, whatever this machine's clock says. */
	now(): number {
		return Date.now() + this.#aheadMs;
	}

	/** Somebody is at the screen. */
	used(): void {
		this.#lockIfIdle();
		this.#lastUse = Date.now();
		if (this.me && this.#lastUse - this.#told > LOOK_MS) {
			this.#told = this.#lastUse;
			this.#tabs.postMessage('used');
		}
	}

	#show(me: Me): void {
		const isAnother = this.#lastUser !== null && this.#lastUser !== me.user;
		if (isAnother || (this.state === 'open' && !me.rules_accepted)) this.#letGo();
		if (isAnother) this.#forgetAll();
		this.#lastUser = me.user;
		this.#aheadMs = Date.parse(me.now) - Date.now();
		this.me = me;
		this.zone = new Zone(me.zone);
		this.state = me.rules_accepted ? 'open' : 'rules';
	}

	/** Nothing of an answer or a message stays behind what closes the screen. */
	#letGo(): void {
		for (const dialog of document.querySelectorAll<HTMLDialogElement>('dialog[open]')) dialog.close();
		for (const close of this.#close) close();
		toasts.clear();
	}

	#forgetAll(): void {
		for (const forget of this.#forget) forget();
	}

	#lockIfIdle(): void {
		if (this.me === null || Date.now() - this.#lastUse < IDLE_MS) return;
		this.close('Locked after 30 minutes without use. Sign in again; the question you were writing is kept for you.');
		void this.#endAtService();
	}

	get #mustEnd(): boolean {
		return localStorage.getItem(MUST_END) !== null;
	}

	/** Whether the session is over at the service; until it is, this browser does not show it again. */
	#endAtService(): Promise<boolean> {
		localStorage.setItem(MUST_END, '1');
		this.#ending = take(api.DELETE('/api/v1/session'), { quiet: true }).then(
			() => true,
			(error: unknown) => Problem.of(error).code === 'signed-out',
		);
		return this.#ending.then((isOver) => {
			if (isOver) localStorage.removeItem(MUST_END);
			return isOver;
		});
	}
}

export const session = new Session();
