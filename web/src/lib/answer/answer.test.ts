import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { toasts } from '../ui/toasts.svelte';
import { Answer, type AnswerView } from './answer.svelte';
import { many, read } from './fixture';
import { NEWEST_FIRST } from './sections';

const view = (more: Partial<AnswerView> = {}): AnswerView => ({
	query: 'q',
	kind: 'full-plate',
	from: '2026-11-01T00:00:00Z',
	to: '2026-11-20T00:00:00Z',
	sentence: 'Reads of plate 7KXM204, US-CA, from 2026-11-19T00:00:00Z until 2026-11-27T00:00:00Z.',
	step: 'answered',
	// The service's clock is not this computer's.
	receipt: { entry: 1, time: '2031-01-01T00:00:00Z', leaf_hash: 'aa', outcome_entry: 2 },
	expires: '2031-01-01T00:15:00Z',
	count: { exactly: 3 },
	by_match: { exact: 3 },
	truncated: false,
	incomplete: [],
	reminder: 'Verify before acting; never act on this alone.',
	page: {
		rows: [read('3'), read('2', { match: 'look-alike' }), read('1')],
		page: 0,
		pages: 1,
		filtered: 3,
		facets: {},
	},
	...more,
});

const json = (body: unknown, status = 200) =>
	new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

let answer: Answer;
beforeEach(() => {
	vi.useFakeTimers({ now: Date.parse('2026-11-27T00:00:00Z') });
	answer = new Answer();
});
afterEach(() => {
	answer.close();
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

describe('an answer is over after 15 minutes', () => {
	test('RES 3 whatever clock this computer has, nothing of it is shown then', () => {
		answer.open(view({ common: [] }), { areas: [] });
		vi.advanceTimersByTime(12 * 60_000);
		expect([answer.secondsLeft, answer.shown.length]).toEqual([null, 3]);
		vi.advanceTimersByTime(2 * 60_000);
		expect(answer.secondsLeft).toBe(60);
		vi.advanceTimersByTime(61_000);
		expect(answer.isOver).toBe(true);
		expect(answer.rows).toEqual([]);
		expect(answer.shown).toEqual([]);
		expect(answer.selected).toBeNull();
		expect([answer.view?.page, answer.view?.common]).toEqual([null, null]);
		expect(answer.view?.receipt.entry).toBe(1);
	});

	test('RES 3 a computer that slept shows nothing of it when it wakes', () => {
		const now = Date.parse('2026-11-27T00:00:00Z');
		const at = (minutes: number) => new Date(now + minutes * 60_000).toISOString();
		answer.open(view({ receipt: { ...view().receipt, time: at(0) }, expires: at(15) }), { areas: [] });
		vi.setSystemTime(now + 14 * 60_000);
		document.dispatchEvent(new Event('visibilitychange'));
		expect([answer.isOver, answer.secondsLeft]).toEqual([false, 60]);
		vi.setSystemTime(now + 16 * 60_000);
		document.dispatchEvent(new Event('visibilitychange'));
		expect([answer.isOver, answer.rows.length]).toEqual([true, 0]);
	});

	test('a next answer begins with all of its time', () => {
		answer.open(view(), { areas: [] });
		vi.advanceTimersByTime(14 * 60_000);
		answer.open(view({ query: 'next' }), { areas: [] });
		vi.advanceTimersByTime(2 * 60_000);
		expect([answer.isOver, answer.shown.length]).toEqual([false, 3]);
	});
});

describe('reads', () => {
	test('QRY 10 are walked through in the order of their sections', () => {
		answer.open(view(), { areas: [] });
		const seen = [0, 1, 1, 1].map((by) => {
			answer.move(by);
			return answer.selected;
		});
		expect(seen).toEqual(['3', '1', '2', '2']);
	});

	test('only one that is shown is at hand for the marking keys', () => {
		answer.open(view({ common: [] }), { areas: [] });
		answer.selected = '3';
		expect(answer.atHand).toBeNull();
		answer.showAs('cards');
		expect(answer.atHand).toBe('3');
		answer.choose('match', 'look-alike');
		expect(answer.atHand).toBeNull();
		answer.selected = '2';
		expect(answer.atHand).toBe('2');
	});

	test('come page after page, and are filtered as one', async () => {
		const all = many(1_200);
		const page = (at: number) => ({
			rows: all.slice(at * 500, at * 500 + 500),
			page: at,
			pages: 3,
			filtered: 1_200,
			facets: {},
		});
		const asked: string[] = [];
		vi.stubGlobal('fetch', async (request: Request) => {
			asked.push(new URL(request.url).search);
			return json(page(asked.length));
		});
		answer.open(view({ kind: 'area', page: page(0) }), { areas: [] });
		expect(answer.loading).toBe('running');
		await vi.waitFor(() => expect(answer.loading).toBe('done'));
		expect(asked).toEqual(['?page=1', '?page=2']);
		expect(answer.shown).toHaveLength(1_200);
		answer.choose('make', 'ford');
		expect(answer.shown).toHaveLength(all.filter(({ make }) => make === 'ford').length);
		answer.sort = { key: 'plate', isDescending: false };
		expect(answer.shown).toHaveLength(all.filter(({ make }) => make === 'ford').length);
		answer.sort = NEWEST_FIRST;
	});

	test('that do not come are said, and can be asked for again', async () => {
		vi.stubGlobal('fetch', async () => json({ detail: 'the service is busy' }, 503));
		answer.open(view({ page: { rows: many(500), page: 0, pages: 2, filtered: 600, facets: {} } }), { areas: [] });
		await vi.waitFor(() => expect(answer.loading).toBe('failed'));
		expect(answer.problem?.what).toBe('The service is busy.');
		expect(answer.rows).toHaveLength(500);
	});
});

describe('marks', () => {
	test('RES 1 are shown at once, and taken back with a message where the service refuses', async () => {
		let status = 200;
		vi.stubGlobal('fetch', async () =>
			json(status === 200 ? { relevant: 1, not_relevant: 0 } : { detail: 'no' }, status),
		);
		answer.open(view(), { areas: [] });
		answer.mark('3', 'relevant');
		expect(answer.relevant.map(({ id }) => id)).toEqual(['3']);
		await vi.advanceTimersByTimeAsync(10);
		status = 404;
		answer.mark('3', 'not-relevant');
		expect(answer.notRelevant).toBe(1);
		await vi.waitFor(() => expect(answer.marks.get('3')).toBe('relevant'));
		expect(toasts.shown.at(-1)?.text).toContain('The mark could not be kept.');
	});

	test('RES 1 a press that was refused takes back no later one, and what the service keeps is what is shown', async () => {
		const statuses = [404, 200, 404];
		vi.stubGlobal('fetch', async () =>
			statuses.shift() === 200 ? json({ relevant: 0, not_relevant: 1 }) : json({ detail: 'no' }, 404),
		);
		answer.open(view(), { areas: [] });
		answer.mark('3', 'relevant');
		answer.mark('3', 'not-relevant');
		await vi.advanceTimersByTimeAsync(10);
		await vi.waitFor(() => expect(statuses).toHaveLength(1));
		expect(answer.marks.get('3')).toBe('not-relevant');
		answer.mark('3', 'relevant');
		await vi.waitFor(() => expect(statuses).toHaveLength(0));
		await vi.waitFor(() => expect(answer.marks.get('3')).toBe('not-relevant'));
	});

	test('RES 1 of two refused presses neither is shown', async () => {
		vi.stubGlobal('fetch', async () => json({ detail: 'no' }, 404));
		answer.open(view(), { areas: [] });
		answer.mark('3', 'relevant');
		answer.mark('3', 'not-relevant');
		await vi.waitFor(() => expect(answer.marks.size).toBe(0));
	});

	test('RES 1 nothing is printed while no read is relevant', async () => {
		const asked = vi.fn();
		vi.stubGlobal('fetch', asked);
		answer.open(view(), { areas: [] });
		await answer.print();
		expect(asked).not.toHaveBeenCalled();
		expect(answer.printing).toBeNull();
	});

	test('that the service kept come with the reads', () => {
		answer.open(
			view({ page: { rows: [read('9', { mark: 'relevant' })], page: 0, pages: 1, filtered: 1, facets: {} } }),
			{ areas: [] },
		);
		expect(answer.relevant).toHaveLength(1);
	});
});

describe('a print', () => {
	const sheet = { entry: 7, rows: [], left_out: [] };
	const marked = () => view({ page: { ...view().page!, rows: [read('9', { mark: 'relevant' })] } });
	let asked: number;

	beforeEach(() => {
		asked = 0;
		vi.stubGlobal('fetch', async () => {
			asked++;
			await new Promise((resolve) => setTimeout(resolve, 50));
			return json(sheet, 201);
		});
		answer.open(marked(), { areas: [] });
	});

	test('RES 4 is recorded once however often it is pressed', async () => {
		void answer.print();
		void answer.print();
		await vi.advanceTimersByTimeAsync(200);
		expect(asked).toBe(1);
		expect(answer.printing?.entry).toBe(7);
		answer.printing = null;
		void answer.print();
		await vi.advanceTimersByTimeAsync(200);
		expect(asked).toBe(2);
	});

	test.each([
		['closed', () => answer.close()],
		['over', () => vi.advanceTimersByTime(16 * 60_000)],
		['another one', () => answer.open({ ...marked(), query: 'next' }, { areas: [] })],
	])('RES 3 is not shown where the answer is %s by then', async (_, leave) => {
		const printed = answer.print();
		await vi.advanceTimersByTimeAsync(10);
		leave();
		await vi.advanceTimersByTimeAsync(200);
		await printed;
		expect(answer.printing).toBeNull();
	});
});
