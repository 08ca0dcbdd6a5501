import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Photos } from './photos.svelte';

const asked: string[][] = [];
/** What the service says instead of photos. */
let fails: (() => Response) | null;
let photos: Photos;

beforeEach(() => {
	asked.length = 0;
	fails = null;
	vi.useFakeTimers();
	let next = 0;
	vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => `blob:${next++}`, revokeObjectURL: vi.fn() }));
	vi.stubGlobal('fetch', async (request: Request) => {
		const body = (await request.json()) as { photos: { detection: string; number: number }[] };
		asked.push(body.photos.map(({ detection, number }) => `${detection}/${number}`));
		await new Promise((resolve) => setTimeout(resolve, 50));
		if (fails) return fails();
		const parts = body.photos
			.filter(({ detection }) => detection !== 'gone')
			.map(
				({ detection, number }) =>
					`--x\r\ncontent-disposition: form-data; name="${detection}/${number}"; filename="p"\r\ncontent-type: image/jpeg\r\n\r\njpeg\r\n`,
			);
		return new Response(`${parts.join('')}--x--\r\n`, {
			headers: { 'content-type': 'multipart/form-data; boundary=x' },
		});
	});
	photos = new Photos();
	photos.open('q');
});

afterEach(() => {
	photos.close();
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

const of = (...detections: string[]) => detections.map((detection) => ({ detection, number: 0 }));

test('what is scrolled past is not opened, since each opening is recorded', async () => {
	photos.want(of('1', '2'));
	await vi.advanceTimersByTimeAsync(50);
	photos.want(of('3'));
	await vi.advanceTimersByTimeAsync(400);
	expect(asked).toEqual([['3/0']]);
});

test('at most 24 are asked for at once, and none twice', async () => {
	const all = Array.from({ length: 30 }, (_, index) => String(index));
	photos.want(of(...all));
	await vi.advanceTimersByTimeAsync(180);
	photos.want(of(...all));
	await vi.advanceTimersByTimeAsync(1_000);
	expect(asked.map(({ length }) => length)).toEqual([24, 6]);
	expect(new Set(asked.flat()).size).toBe(30);
});

test('one that cannot be opened any more is said to be so', async () => {
	photos.want(of('1', 'gone'));
	await vi.advanceTimersByTimeAsync(1_000);
	expect(photos.of('1', 0)).toHaveProperty('url');
	expect(photos.of('gone', 0)).toHaveProperty('gone');
});

test('all are let go of when the answer closes', async () => {
	photos.want(of('1', '2'));
	await vi.advanceTimersByTimeAsync(1_000);
	photos.close();
	expect(photos.of('1', 0)).toBeUndefined();
	expect(URL.revokeObjectURL).toHaveBeenCalledTimes(2);
});

const refused = (status: number, body: object) => () =>
	new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

test.each([
	['the service is down', refused(503, { detail: 'busy' })],
	[
		'the network is',
		() => {
			throw new TypeError('offline');
		},
	],
])('what did not come because %s is asked for again when it is wanted again', async (_, failure) => {
	fails = failure;
	photos.want(of('1'));
	await vi.advanceTimersByTimeAsync(1_000);
	expect(photos.of('1', 0)).toMatchObject({ gone: 'No photo came.' });
	fails = null;
	photos.want(of('1'));
	await vi.advanceTimersByTimeAsync(1_000);
	expect(photos.of('1', 0)).toHaveProperty('url');
});

test.each([
	['are gone', refused(404, { detail: 'no such answer' }), 'This photo cannot be opened.'],
	[
		'policy refuses',
		refused(403, { detail: 'photos are not yours to open', rule: 'photo' }),
		'Photos are not yours to open.',
	],
])('those that %s are not asked for again', async (_, failure, says) => {
	fails = failure;
	photos.want(of('1'));
	await vi.advanceTimersByTimeAsync(1_000);
	photos.want(of('1'));
	await vi.advanceTimersByTimeAsync(1_000);
	expect(photos.of('1', 0)).toEqual({ gone: says });
	expect(asked).toHaveLength(1);
});

test('of too many those go that are out of view', async () => {
	const all = Array.from({ length: 1_010 }, (_, index) => String(index));
	const inView = all.slice(0, 20);
	photos.want(of(...all.slice(0, 990)));
	await vi.advanceTimersByTimeAsync(5_000);
	photos.want(of(...inView, ...all.slice(990)));
	await vi.advanceTimersByTimeAsync(5_000);
	expect(inView.every((id) => photos.of(id, 0) !== undefined)).toBe(true);
	expect(all.filter((id) => photos.of(id, 0) !== undefined)).toHaveLength(1_000);
});
