/** Courses as people read them, and which of one's own stand in the way or soon will. */
import type { Schemas } from '../api/client';
import { longDay } from '../words/days';

export type Course = Schemas['CourseView'];
export type CourseState = 'current' | 'due' | 'lapsed' | 'missing';
type Own = Schemas['Own'];

export const STATE_WORDS: Record<CourseState, string> = {
	current: 'Current',
	due: 'Due soon',
	lapsed: 'Lapsed',
	missing: 'Never taken',
};

export const stateOf = (course: { state: string }): CourseState =>
	course.state in STATE_WORDS ? (course.state as CourseState) : 'missing';

/** `Privacy: lapsed on May 3, 2026.` */
export function says(course: Course, zone: string): string {
	const until = course.until ? longDay(course.until, zone) : '';
	const how = {
		current: until ? `current until ${until}` : `taken ${course.done ? longDay(course.done, zone) : ''}`,
		due: `lapses on ${until}`,
		lapsed: `lapsed on ${until}`,
		missing: course.required ? 'never taken' : 'not taken, not required',
	}[stateOf(course)];
	return `${course.title}: ${how.trim()}.`;
}

/**
 * Courses of one's own that stop questions now, or lapse soon. Nobody without a permission is reminded, and the enhanced
 * functions' course only matters to those who have one of them.
 */
export function reminders(own: Own | null, door: string): Course[] {
	if (!own || own.grants.length === 0) return [];
	const isEnhanced = door === 'enhanced' || own.grants.some(({ permission }) => permission !== 'full');
	return own.training.filter(
		(course) => course.required && course.state !== 'current' && (course.course !== 'tool-enhanced' || isEnhanced),
	);
}

/** One sentence for all of them, the worst first. */
export function reminder(courses: readonly Course[], zone: string): string {
	const stopped = courses.filter(({ state }) => state !== 'due');
	const [first] = stopped.length ? stopped : courses;
	if (!first) return '';
	const more = courses.length - 1;
	const rest = more ? ` ${more} more under My training.` : '';
	if (stopped.length) {
		const how = first.until ? `lapsed on ${longDay(first.until, zone)}` : 'has not been taken';
		const what = first.course === 'tool-enhanced' ? 'Questions through the enhanced door are' : 'Questions are';
		return `Your training “${first.title}” ${how}. ${what} refused until it is current.${rest}`;
	}
	return `Your training “${first.title}” lapses on ${longDay(first.until!, zone)}. Renew it before then.${rest}`;
}

/** The course that a refusal's rule speaks of; null for other rules. */
export const courseOfRule = (rule: string | undefined | null): string | null =>
	rule?.startsWith('training-') ? rule.slice('training-'.length) : null;
