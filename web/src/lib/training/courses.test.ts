import { describe, expect, test } from 'vitest';
import { courseOfRule, reminder, reminders, says, type Course } from './courses';

const course = (more: Partial<Course>): Course => ({
	course: 'tool',
	title: 'Using plate reads lawfully',
	required: true,
	built_in: true,
	state: 'current',
	...more,
});
const own = (training: Course[], permissions = ['full']) => ({
	user: 'u',
	name: 'Kim Dale',
	sends_mail: false,
	training,
	grants: permissions.map((permission) => ({
		permission,
		review_due: '2027-10-05T10:00:00Z',
		state: 'in-force',
	})),
});

describe('ACC 5 a person is reminded', () => {
	const missing = course({ state: 'missing' });
	const enhanced = course({ course: 'tool-enhanced', state: 'missing' });

	test('of what is required and not current, and of nothing else', () => {
		expect(
			reminders(own([missing, course({ course: 'privacy', required: false, state: 'missing' })]), 'plain'),
		).toEqual([missing]);
		expect(reminders(own([course({})]), 'plain')).toEqual([]);
		expect(reminders(null, 'plain')).toEqual([]);
	});

	test('not at all without a permission, for then nothing is asked', () => {
		expect(reminders(own([missing], []), 'plain')).toEqual([]);
	});

	test('of the enhanced functions only with one of them, or at their door', () => {
		expect(reminders(own([enhanced]), 'plain')).toEqual([]);
		expect(reminders(own([enhanced]), 'enhanced')).toEqual([enhanced]);
		expect(reminders(own([enhanced], ['full', 'area']), 'plain')).toEqual([enhanced]);
	});

	test('in a sentence that says what stops and when', () => {
		expect(reminder([missing], 'UTC')).toBe(
			'Your training “Using plate reads lawfully” has not been taken. Questions are refused until it is current.',
		);
		const due = course({ title: 'Privacy', state: 'due', until: '2026-12-03T10:00:00Z' });
		expect(reminder([due], 'UTC')).toBe('Your training “Privacy” lapses on Dec 3, 2026. Renew it before then.');
		expect(reminder([due, course({ state: 'lapsed', until: '2026-05-03T10:00:00Z' })], 'UTC')).toMatch(
			/lapsed on May 3, 2026.*1 more under My training\.$/,
		);
		expect(reminder([], 'UTC')).toBe('');
	});
});

test('how a course stands is said in words', () => {
	expect(says(course({ until: '2027-01-01T00:00:00Z' }), 'UTC')).toBe(
		'Using plate reads lawfully: current until Jan 1, 2027.',
	);
	expect(says(course({ state: 'missing', required: false }), 'UTC')).toContain('not required');
});

test('ACC 5 a refusal names its course by the rule', () => {
	expect(courseOfRule('training-tool-enhanced')).toBe('tool-enhanced');
	expect(courseOfRule('enhanced-log-in')).toBeNull();
	expect(courseOfRule(undefined)).toBeNull();
});
