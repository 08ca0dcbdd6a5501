import { describe, expect, test } from 'vitest';
import { Zone } from '../words/times';
import { read } from './fixture';
import { narrative, said } from './narrative';
import { named, pieces, valueName, vehicleName, whyMatched } from './words';
import type { AnswerView } from './answer.svelte';

const zone = new Zone('Etc/GMT+9');
const view: AnswerView = {
	query: 'q',
	kind: 'full-plate',
	from: '2026-11-01T00:00:00Z',
	to: '2026-11-20T00:00:00Z',
	sentence: 'Reads of plate 7KXM204, US-CA, from 2026-10-29T02:08:08Z until 2026-11-27T02:09:08Z.',
	step: 'answered',
	receipt: { entry: 1201, time: '2026-11-27T02:08:08.1Z', leaf_hash: '4cad36', outcome_entry: 1202 },
	count: { exactly: 2 },
	by_match: { exact: 2 },
	truncated: false,
	expires: '2026-11-27T02:23:08Z',
	incomplete: [],
	reminder: 'Verify before acting; never act on this alone.',
};

describe('the question said back', () => {
	test('has its times in the agency’s zone and its state by name', () => {
		expect(said(view.sentence, zone)).toBe(
			'Reads of plate 7KXM204, California, from 2026-10-28 17:08:08 -09:00 until 2026-11-26 17:09:08 -09:00.',
		);
	});

	test('has its plate apart, a pattern too', () => {
		expect(pieces(view.sentence)[1]).toEqual({ plate: '7KXM204' });
		expect(
			pieces('Plates like ?82K?R, US-OR, white, from 2026-10-29T02:08:08Z until 2026-10-30T02:08:08Z.')[1],
		).toEqual({
			plate: '?82K?R',
		});
	});

	test('has no plate where none was asked for', () => {
		for (const sentence of [
			'Every plate in 1 area, from x',
			'Plates seen in at least two of 3 areas, from x',
			'Vehicles, toyota, US-CA, from x',
		])
			expect(pieces(sentence)).toEqual([{ text: sentence.replace('US-CA', 'California') }]);
	});
});

test('names of vehicles are written as people write them', () => {
	expect(['toyota', 'bmw', 'f-150', 'model 3', '3 series', 'rav4', 'cr-v', 'Land Rover'].map(named)).toEqual([
		'Toyota',
		'BMW',
		'F-150',
		'Model 3',
		'3 Series',
		'RAV4',
		'CR-V',
		'Land Rover',
	]);
	expect(vehicleName(read('1', { year: 2019 }))).toBe('2019 gray Ford F-150');
	expect(vehicleName(read('1', { make: null, model: null, colour: null }))).toBe('');
});

test('DET 4 an unverified read is not called a match', () => {
	expect(whyMatched(read('1', { verified: false }))).toContain('not called a match');
});

test('DET 5 the reading that matched is said', () => {
	const row = read('1', {
		match: 'alternative',
		matched_reading: 1,
		readings: [
			{ plate: 'A', confidence: 0.5 },
			{ plate: 'B8', confidence: 0.3 },
		],
	});
	expect(whyMatched(row)).toBe('By another reading of the same picture, B8.');
});

test('values of facets are words', () => {
	expect([
		valueName('area', '1'),
		valueName('state', ''),
		valueName('colour', ''),
		valueName('source', 'toll-road'),
	]).toEqual(['Area B', 'No state', 'Not reported', 'Toll road']);
});

describe('RES 4 a narrative', () => {
	const by = { name: 'Finn Ash', unit: 'Investigations', agency: 'Harbor Federal Service' };
	const later = read('20', { scan_time: '2026-11-21T00:00:00Z' });
	const text = narrative(view, [later, read('10', { verified: false, photos: 1, low_quality: true })], zone, by);

	test('says who asked what and when, with the receipt and the reminder', () => {
		expect(text).toContain('Asked by Finn Ash, Investigations, Harbor Federal Service, on 2026-11-26 17:08:08 -09:00');
		expect(text).toContain(
			'Receipt: Sightline ledger entry 1,201, 2026-11-27 02:08:08 UTC, leaf hash 4cad36; outcome in entry 1,202.',
		);
		expect(text.endsWith('Verify before acting; never act on this alone.')).toBe(true);
	});

	test('tells the reads in order of time, in both zones', () => {
		expect(text.indexOf('Detection 10')).toBeLessThan(text.indexOf('Detection 20'));
		expect(text).toContain(
			'1. 2026-11-20 02:13:36 -09:00 (2026-11-20 11:13:36 UTC): plate 7KXM204, California, was read by Eastfield 01, 48th Street at Hazel Avenue (pole, Port Larkin Police) at 33.97879, -139.92593.',
		);
	});

	test('keeps what makes a read less sure', () => {
		expect(text).toContain('unverified, so it is not called a match');
		expect(text).toContain('The plate is small in the picture.');
	});
});
