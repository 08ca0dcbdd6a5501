import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { photosSaid } from '../answer/said.svelte';
import { askPlate, askWider } from '../answer/onward';
import { read } from '../answer/fixture';
import { Problem } from '../api/problem';
import { session } from '../session/session.svelte';
import { Desk } from './desk.svelte';

const frame = { from: '2026-11-01T00:00:00Z', to: '2026-11-08T00:00:00Z' };
const question = { kind: 'full-plate', plate: '7KXM204', ...frame };
const body = { question, purpose: { reason: 'BURGLARY' }, preview: true };
const next = { from: '2026-10-01T00:00:00Z', to: '2026-10-08T00:00:00Z' };

const answered = (step: string) => ({
	query: 'q',
	kind: 'full-plate',
	...frame,
	sentence: '',
	step,
	receipt: { entry: 1, time: '2031-01-01T00:00:00Z', leaf_hash: 'aa', outcome_entry: 2 },
	expires: '2031-01-01T00:15:00Z',
	count: { exactly: 1 },
	by_match: {},
	truncated: false,
	incomplete: [],
	reminder: '',
	page: step === 'answered' ? { rows: [read('1')], page: 0, pages: 1, filtered: 1, facets: {} } : null,
});

const sent: { path: string; body: unknown }[] = [];
let reply: { status: number; body: unknown };
let desk: Desk;

beforeEach(() => {
	sent.length = 0;
	reply = { status: 200, body: answered('answered') };
	vi.stubGlobal('fetch', async (request: Request) => {
		sent.push({ path: new URL(request.url).pathname, body: await request.json().catch(() => null) });
		return new Response(JSON.stringify(reply.body), {
			status: reply.status,
			headers: { 'content-type': 'application/json' },
		});
	});
	desk = new Desk();
});

afterEach(() => {
	desk.answer.close();
	vi.unstubAllGlobals();
});

test('QRY 9 what was previewed, shown and asked again is kept as it was asked last', async () => {
	reply.body = answered('previewed');
	await desk.ask(body);
	expect(desk.answer.asked.body).toEqual(body);
	reply.body = answered('answered');
	await desk.show('q', false, desk.answer.asked);
	expect(desk.answer.asked.body).toEqual({ ...body, preview: false, confirm_large: false });
	await desk.again('q', next.from, next.to, desk.answer.asked);
	expect(desk.answer.asked.body).toEqual({
		...body,
		question: { ...question, ...next },
		preview: false,
		confirm_large: false,
	});
	await desk.ask(desk.answer.asked.body!, desk.answer.asked);
	expect(sent.at(-1)).toEqual({ path: '/api/v1/queries', body: desk.answer.asked.body });
});

test('LIM 1 a large question is narrowed by what was really asked', async () => {
	await desk.ask({ ...body, preview: false });
	const problem = { type: 'urn:sightline:problem:needs-confirmation', query: 'large', detail: 'many' };
	reply = { status: 409, body: problem };
	await desk.again('q', next.from, next.to, desk.answer.asked);
	expect(desk.large?.asked.body?.question).toMatchObject(next);
	reply = { status: 200, body: answered('answered') };
	await desk.show('large', true, desk.large!.asked);
	expect(desk.answer.asked.body).toMatchObject({ question: next, confirm_large: true, preview: false });
});

test('a next question takes the frame of the answer, and no fault of the one before', async () => {
	await desk.ask({ ...body, preview: false });
	desk.draft.keepUp(session.zone, '7');
	desk.draft.problem = Problem.here('no');
	askPlate(desk, desk.answer, read('1'));
	expect(desk.draft.now).toMatchObject({
		plate: '7KXM204',
		last: 'own',
		from: '2026-11-01T00:00',
		to: '2026-11-08T00:00',
	});
	expect(desk.draft.problem).toBeNull();
});

test('QRY 2 the same with look-alikes and other readings is asked, and the form says so', async () => {
	await desk.ask({ ...body, preview: false });
	desk.draft.now.plate = '7KXM204';
	await askWider(desk, desk.answer);
	expect(sent.at(-1)?.body).toMatchObject({ question: { ...question, look_alikes: true, alternatives: true } });
	expect(desk.draft.now).toMatchObject({ lookAlikes: true, alternatives: true });
	await askWider(desk, desk.answer);
	expect(sent).toHaveLength(2);
});

test('what was said of photos is said anew to the next person', async () => {
	photosSaid.isDone = true;
	await session.signOut();
	expect(photosSaid.isDone).toBe(false);
});
