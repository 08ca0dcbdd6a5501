import { describe, expect, test } from 'vitest';
import { isFound, lacks, lastUse, rightsOf, rolesClash, whyOf, type Access, type Person } from './rights';

const now = Date.parse('2026-11-27T12:00:00Z');
const grant = (more: object) => ({
	permission: 'area',
	granted: '2026-01-05T10:00:00Z',
	review_due: '2027-10-05T10:00:00Z',
	overdue: false,
	state: 'in-force',
	...more,
});
const certificate = {
	id: 1,
	permission: 'area',
	supervisor: 'Jill Tarn',
	why: 'Assigned to the case.',
	made: '2026-11-01T10:00:00Z',
	until: '2027-01-01T00:00:00Z',
	usable: true,
};
const person = (more: Partial<Person> = {}): Person => ({
	user: 'u',
	login: 'rvale',
	name: 'Robin Vale',
	unit: 2,
	unit_name: 'Patrol',
	roles: ['patrol-officer'],
	cleared: false,
	active: true,
	second_factor: false,
	passkeys: 0,
	password: true,
	grants: [],
	certificates: [],
	training: [],
	...more,
});
const access = (more: Partial<Access> = {}): Access => ({
	needs_certificate: ['area'],
	review_days: 365,
	unused_days: 90,
	seats: [{ permission: 'area', taken: 1 }],
	reviews: [],
	...more,
});
const area = (one: Person) => rightsOf(one, now).find(({ permission }) => permission === 'area')!;
const chief = { name: 'Ada Quill', isManager: true };

describe('ACC 2 a row for each permission', () => {
	test('says what is in force, lapsed, ended, certified or not granted', () => {
		expect(area(person()).state).toBe('none');
		expect(area(person({ grants: [grant({})] })).state).toBe('in-force');
		expect(area(person({ grants: [grant({ state: 'unused' })] })).state).toBe('unused');
		expect(area(person({ certificates: [certificate] })).state).toBe('certified');
		const over = grant({ state: 'ended', until: '2026-06-01T00:00:00Z' });
		expect(area(person({ grants: [over] })).state).toBe('ended');
		expect(area(person({ grants: [over], certificates: [certificate] })).state).toBe('certified');
		expect(area(person({ certificates: [{ ...certificate, usable: false }] })).state).toBe('none');
	});

	test('ACC 7 a review that is late or due within 30 days is near', () => {
		expect(area(person({ grants: [grant({})] })).isReviewNear).toBe(false);
		expect(area(person({ grants: [grant({ overdue: true })] })).isReviewNear).toBe(true);
		expect(area(person({ grants: [grant({ review_due: '2026-12-20T00:00:00Z' })] })).isReviewNear).toBe(true);
	});

	test('says why in words', () => {
		expect(whyOf(area(person()), 'UTC')).toBe('Not granted.');
		expect(
			whyOf(area(person({ grants: [grant({ granted_by: 'Ada Quill', certified_by: 'Jill Tarn' })] })), 'UTC'),
		).toBe('Granted Jan 5, 2026 by Ada Quill, certified by Jill Tarn. Never used.');
		expect(
			whyOf(area(person({ grants: [grant({ state: 'unused', last_used: '2026-02-01T00:00:00Z' })] })), 'UTC'),
		).toContain('Lapsed, because it was not used. Last used Feb 1, 2026.');
		expect(whyOf(area(person({ certificates: [certificate] })), 'UTC')).toBe(
			'Not granted yet. Jill Tarn certified the need until Dec 31, 2026.',
		);
	});
});

describe('ACC 7 what is missing for a grant is said before it is tried', () => {
	test('a certificate', () => {
		expect(lacks(person(), area(person()), access(), chief)).toMatch(/^No certificate: a supervisor of Patrol/);
		expect(lacks(person(), area(person()), access({ needs_certificate: [] }), chief)).toBeNull();
	});

	test('another manager, where the certificate is one’s own', () => {
		const one = person({ certificates: [certificate] });
		expect(lacks(one, area(one), access(), chief)).toBeNull();
		expect(lacks(one, area(one), access(), { ...chief, name: 'Jill Tarn' })).toMatch(/another manager/);
	});

	test('a seat', () => {
		const one = person({ certificates: [certificate] });
		const full = access({ seats: [{ permission: 'area', taken: 3, seats: 3 }] });
		expect(lacks(one, area(one), full, chief)).toBe('No seat: 3 of 3 are taken.');
	});

	test('nothing helps for a person who administers', () => {
		const one = person({ roles: ['agency-manager'], certificates: [certificate] });
		expect(lacks(one, area(one), access(), chief)).toMatch(/asks nothing/);
	});
});

test('the last use is the newest of any permission', () => {
	expect(lastUse(person())).toBeNull();
	const used = (last_used: string) => grant({ last_used });
	expect(lastUse(person({ grants: [used('2026-01-01T00:00:00Z'), used('2026-03-01T00:00:00Z')] }))).toBe(
		'2026-03-01T00:00:00Z',
	);
});

test('ACC 1 roles that ask and roles that administer do not go together', () => {
	expect(rolesClash(['patrol-officer', 'supervisor'])).toBeNull();
	expect(rolesClash(['patrol-officer', 'agency-manager'])).toMatch(/one or the other/);
});

test('a person is found by any words of name, unit and role', () => {
	const word = (role: string) => role.replaceAll('-', ' ');
	expect(isFound(person(), word, 'vale patrol')).toBe(true);
	expect(isFound(person(), word, 'detectives')).toBe(false);
});
