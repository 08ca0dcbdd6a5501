import { describe, expect, test } from 'vitest';
import type { LonLat } from '../map/areas.svelte';
import { againBody, askBody, shownBody, widerBody } from './body';
import { Draft, type Kind, type Writing } from './draft.svelte';
import { rulesOf, wordsOf, KINDS, type KindView, type Needs } from './kinds';
import { listed, missing } from './missing';
import { narrowings, shorterFrames } from './narrow';
import { fieldOf } from './refusal';
import { whatSentence, whyParts } from './sentence';

const frame = { from: '2026-05-03T00:00:00-09:00', to: '2026-05-10T00:00:00-09:00' };
const ring: LonLat[] = [
	[-140, 34],
	[-140.01, 34],
	[-140.01, 34.01],
	[-140, 34],
];
const areas = [{ rings: [ring] }, { rings: [ring] }];

/** Everything filled in, as after a person went through all kinds. */
function full(kind: Kind): Writing {
	const { now } = new Draft();
	Object.assign(now, { kind, plate: ' 7kxm 204', state: 'US-CA', lookAlikes: true, from: 'x', to: 'x', last: 'own' });
	Object.assign(now.vehicle, { make: 'toyota', colour: 'white', year: '2019' });
	Object.assign(now.purpose, {
		reason: 'SMUGGLING',
		caseReference: 'HF-2026-0113',
		subject: ' ',
		targetKind: 'vehicle',
		target: 'gray truck',
		placeLinkedToCase: true,
		notBasedOnTrait: true,
	});
	return now;
}

describe('QRY 3 a body holds only the fields of its kind', () => {
	const fields = (kind: Kind) => Object.keys(askBody(full(kind), frame, areas, [], false).question).toSorted();

	test.each([
		['full-plate', ['alternatives', 'from', 'kind', 'look_alikes', 'plate', 'state', 'to']],
		['movement', ['alternatives', 'from', 'kind', 'look_alikes', 'plate', 'state', 'to']],
		['partial-plate', ['alternatives', 'from', 'kind', 'look_alikes', 'plate', 'state', 'to', 'vehicle']],
		['make-model', ['from', 'kind', 'state', 'to', 'vehicle']],
		['area', ['areas', 'from', 'kind', 'state', 'to', 'vehicle']],
		['common-plate', ['areas', 'from', 'kind', 'state', 'to', 'vehicle']],
	] as [Kind, string[]][])('%s', (kind, expected) => expect(fields(kind)).toEqual(expected));

	test('what is empty is left out, and a year is a number', () => {
		const { question, purpose } = askBody(full('make-model'), frame, [], [], true);
		expect(question.vehicle).toEqual({ make: 'toyota', colour: 'white', year: 2019 });
		expect(purpose).toEqual({
			reason: 'SMUGGLING',
			case_reference: 'HF-2026-0113',
			target: { kind: 'vehicle', description: 'gray truck' },
			place_linked_to_case: false,
			not_based_on_trait: true,
		});
	});

	test('QRY 5 only common plates have a frame for an area', () => {
		const own = { from: '2026-05-04T00:00:00-09:00', to: '2026-05-05T00:00:00-09:00' };
		const bodies = (kind: Kind) => askBody(full(kind), frame, areas, [own, null], false).question.areas;
		expect(bodies('common-plate')?.[0]).toMatchObject(own);
		expect(bodies('common-plate')?.[1]).not.toHaveProperty('from');
		expect(bodies('area')?.[0]).not.toHaveProperty('from');
	});
});

describe('what was asked is kept as it was asked', () => {
	const own = { from: '2026-05-04T00:00:00-09:00', to: '2026-05-05T00:00:00-09:00' };
	const previewed = (kind: Kind) => askBody(full(kind), frame, areas, [own, null], true);

	test('LIM 4 showing what was previewed is no preview', () => {
		expect(shownBody(previewed('area'), true)).toEqual({
			...previewed('area'),
			preview: false,
			confirm_large: true,
		});
	});

	test('QRY 9 asking again has its own frame, and areas give up theirs, as at the service', () => {
		const { question, purpose, ...rest } = againBody(
			previewed('common-plate'),
			'2026-04-01T00:00Z',
			'2026-04-02T00:00Z',
		);
		expect(question).toMatchObject({ from: '2026-04-01T00:00Z', to: '2026-04-02T00:00Z' });
		expect(question.areas).toEqual(areas.map(({ rings }) => ({ type: 'Polygon', coordinates: rings })));
		expect(purpose).toEqual(previewed('common-plate').purpose);
		expect(rest).toEqual({ preview: false, confirm_large: false });
	});

	test('QRY 2 look-alikes and other readings are offered to the kinds that take them', () => {
		const body = askBody(full('full-plate'), frame, [], [], false);
		expect(widerBody(body)?.question).toEqual({ ...body.question, look_alikes: true, alternatives: true });
		expect(widerBody(widerBody(body)!)).toBeNull();
		expect(widerBody(previewed('area'))).toBeNull();
	});
});

describe('WHY 3 what is missing is said in the form’s order', () => {
	const needs: Needs = {
		case_reference: true,
		subject: false,
		target: true,
		justification: true,
		suspicion_facts: true,
		place_linked_to_case: true,
		not_based_on_trait: true,
		state: false,
	};
	const fields = (writing: Writing, needs: Needs | null, areas = 0) =>
		missing(writing, needs, areas).map(({ field }) => field);

	test('an empty area question', () => {
		const { now } = new Draft();
		now.kind = 'area';
		expect(fields(now, needs)).toEqual([
			'purpose.reason',
			'purpose.case_reference',
			'purpose.justification',
			'purpose.target.kind',
			'purpose.suspicion_facts',
			'purpose.place_linked_to_case',
			'purpose.not_based_on_trait',
			'areas',
			'from',
			'to',
		]);
	});

	test('where the service does not say, only what no question can be without', () => {
		const { now } = new Draft();
		expect(fields(now, null)).toEqual(['purpose.reason', 'plate', 'from', 'to']);
	});

	test('common plates want two areas, a vehicle a make or a model', () => {
		expect(missing(full('common-plate'), null, 1).map(({ what }) => what)).toEqual(['a second area']);
		const vehicle = full('make-model');
		Object.assign(vehicle.vehicle, { make: ' ', model: '' });
		expect(fields(vehicle, null)).toEqual(['vehicle.make']);
		vehicle.vehicle.model = 'tacoma';
		expect(fields(vehicle, null)).toEqual([]);
	});

	test('lists read as people write them', () => {
		expect(listed(['a'])).toBe('a');
		expect(listed(['a', 'b', 'c'])).toBe('a, b and c');
	});
});

describe('the question said back', () => {
	const said = (kind: Kind, count = 0) => {
		const writing = full(kind);
		Object.assign(writing, { from: '2026-05-03T00:00', to: '2026-05-10T00:00' });
		return whatSentence(writing, count, '2026-05-10T13:31');
	};

	test.each([
		['full-plate', 0, 'Reads of 7KXM204, California, look-alikes too, May 3 to May 10.'],
		['partial-plate', 0, 'Plates like 7KXM204, California, white 2019 Toyota, look-alikes too, May 3 to May 10.'],
		['make-model', 0, 'Every white 2019 Toyota, California, May 3 to May 10.'],
		['area', 1, 'Every plate in the area, California, white 2019 Toyota, May 3 to May 10.'],
		['common-plate', 3, 'Plates in at least two of 3 areas, California, white 2019 Toyota, May 3 to May 10.'],
		['movement', 0, 'Movement of 7KXM204, California, look-alikes too, May 3 to May 10.'],
	] as [Kind, number, string][])('%s', (kind, count, sentence) => expect(said(kind, count)).toBe(sentence));

	test('a quick time frame is said as it was chosen', () => {
		const { now } = new Draft();
		expect(whatSentence(now, 0, '2026-05-10T13:31')).toBe('Reads of …, the last 7 days.');
	});

	test('WHY 4 why, and for whom', () => {
		const { purpose } = full('area');
		expect(whyParts(purpose, 'Smuggling', '')).toEqual(['Smuggling', 'HF-2026-0113', 'for yourself']);
		purpose.onBehalfOf = 'someone';
		expect(whyParts(purpose, 'Smuggling', 'Ada Reed').at(-1)).toBe('for Ada Reed');
	});
});

describe('a refusal finds its field', () => {
	test.each([
		['question.plate', 'plate'],
		['question.tokens', 'plate'],
		['criteria.pattern', 'plate'],
		['criteria.state', 'state'],
		['criteria.areas', 'areas'],
		['question.areas[1].coordinates', 'areas'],
		['question.areas[1].to', 'areas.1.to'],
		['question.places', 'areas'],
		['time_frame', 'from'],
		['question.to', 'to'],
		['question.vehicle', 'vehicle.make'],
		['question.vehicle.colour', 'vehicle.colour'],
		['purpose.target', 'purpose.target.description'],
		['purpose.case_reference', 'purpose.case_reference'],
		[undefined, null],
	] as [string | undefined, string | null][])('%s', (path, field) => expect(fieldOf(path)).toBe(field));
});

describe('ACC 2 kinds that will be refused say so before they are tried', () => {
	const me = { permissions: ['full', 'area'], door: 'plain' } as unknown as Parameters<typeof rulesOf>[2];

	test('by the service’s own sentence', () => {
		const view = {
			kind: 'area',
			permitted: false,
			refusal: { rule: 'clearance', sentence: 'Needs a clearance.', unlock: 'Ask.' },
			needs: {},
			longest_days: 30,
		} as unknown as KindView;
		expect(rulesOf('area', [view], me).closed).toEqual({
			sentence: 'Needs a clearance.',
			help: 'Ask.',
			isDoor: false,
			course: null,
		});
	});

	test('ACC 3 and where the other door would help, that is known', () => {
		const refusal = { rule: 'enhanced-log-in', sentence: 'Needs the enhanced log-in.', unlock: 'Log in there.' };
		const view = { kind: 'area', permitted: false, refusal, needs: {}, longest_days: 30 } as unknown as KindView;
		expect(rulesOf('area', [view], me).closed?.isDoor).toBe(true);
		expect(rulesOf('area', [view], { ...me!, door: 'enhanced' }).closed?.isDoor).toBe(false);
		expect(rulesOf('area', null, me).closed?.isDoor).toBe(true);
		expect(rulesOf('movement', null, me).closed?.isDoor).toBe(false);
	});

	test('by the session where the service has no list', () => {
		expect(rulesOf('full-plate', null, me).closed).toBeNull();
		expect(rulesOf('area', null, me).closed?.sentence).toMatch(/enhanced door/);
		expect(rulesOf('movement', null, me).closed?.sentence).toMatch(/permission/);
		expect(KINDS.map(({ kind }) => wordsOf(kind).label)).toHaveLength(6);
	});
});

describe('LIM 1 ways to narrow a large answer', () => {
	test('shorter frames keep the end, longest first', () => {
		expect(shorterFrames({ kind: 'area', ...frame }).map(({ label }) => label)).toEqual(['Last 24 hours']);
		const month = { kind: 'area', from: '2026-04-10T00:00:00Z', to: '2026-05-10T00:00:00Z' };
		expect(shorterFrames(month).map(({ label }) => label)).toEqual(['Last 7 days', 'Last 24 hours']);
		expect(shorterFrames(month)[0]?.from).toBe('2026-05-03T00:00:00.000Z');
	});

	test('only what the question does not say yet', () => {
		const ways = (question: Parameters<typeof narrowings>[0]) => narrowings(question).map(({ field }) => field);
		expect(ways({ kind: 'full-plate', plate: 'A' })).toEqual(['state']);
		expect(ways({ kind: 'make-model', state: 'US-CA', vehicle: { make: 'toyota' } })).toEqual([
			'vehicle.model',
			'vehicle.colour',
		]);
	});
});

test('WHY 1 a quick time frame moves on with the clock until the person takes an own one', async () => {
	const { Zone } = await import('../words/times');
	const zone = new Zone('America/Anchorage');
	const draft = new Draft();
	const now = Date.parse('2026-05-10T20:30:20Z');
	draft.keepUp(zone, '7', now);
	expect(draft.now.to).toBe('2026-05-10T12:31');
	draft.keepUp(zone, undefined, now + 120_000);
	expect(draft.now.to).toBe('2026-05-10T12:33');
	draft.takeFrame({ from: '2026-05-01T00:00', to: '2026-05-02T00:00' });
	draft.keepUp(zone, undefined, now);
	expect(draft.now.to).toBe('2026-05-02T00:00');
	draft.clear();
	expect(draft.now.plate).toBe('');
});

test('WHY 1 where the clock shows the end twice, the reading is that of the coming minute', async () => {
	const { Zone } = await import('../words/times');
	const draft = new Draft();
	// 01:59:30 for the first time; the coming minute is 01:00 for the second.
	draft.keepUp(new Zone('America/Los_Angeles'), '7', Date.parse('2026-11-01T08:59:30Z'));
	expect([draft.now.to, draft.now.toOffset, draft.now.fromOffset]).toEqual(['2026-11-01T01:00', '-08:00', '']);
});

test('a vehicle of which only the color is known is still a vehicle', () => {
	const writing = full('partial-plate');
	Object.assign(writing.vehicle, { make: '', year: '' });
	Object.assign(writing, { last: '7', lookAlikes: false, plate: '?82K?R' });
	expect(whatSentence(writing, 0, '2026-05-10T13:31')).toBe(
		'Plates like ?82K?R, California, white vehicle, the last 7 days.',
	);
});
