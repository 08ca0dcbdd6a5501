/** Everything that the form knows beyond what was typed: lists, the kinds' rules, what is missing, what is wrong. */
import { tick } from 'svelte';
import { api, take, type Schemas } from '../api/client';
import { Problem } from '../api/problem';
import { desk } from '../desk/desk.svelte';
import { session, type Me } from '../session/session.svelte';
import { areaLetter } from '../words/areas';
import { many, squareMetres } from '../words/numbers';
import { toasts } from '../ui/toasts.svelte';
import { askBody } from './body';
import type { Kind } from './draft.svelte';
import { readFrame, type Frame, type FrameFault, type FrameLimits, type Last } from './frames';
import { rulesOf, wordsOf, type KindView } from './kinds';
import { listed, missing } from './missing';
import { readPattern, type Star } from './pattern';
import { fieldOf, isWhy } from './refusal';
import { whatSentence, whyParts } from './sentence';

const STATE = /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/;
/** A clock in the form moves on this often. */
const TICK_MS = 20_000;

class Asking {
	reasons = $state.raw<Schemas['ReasonView'][]>([]);
	colleagues = $state.raw<Schemas['ColleagueView'][]>([]);
	/** Null where the service has no such list. */
	kinds = $state.raw<KindView[] | null>(null);
	/** The lists came, or could not be had. */
	isReady = $state(false);
	listsProblem = $state.raw<Problem | null>(null);
	now = $state(session.now());
	/** Asked with something missing: what is missing is marked from now on. */
	isTried = $state(false);

	readonly words = $derived(wordsOf(desk.draft.now.kind));
	readonly rules = $derived(this.rulesOf(desk.draft.now.kind));
	readonly star = $derived<Star>(session.me?.star === 'one' ? 'one' : 'any');
	readonly pattern = $derived(readPattern(desk.draft.now.plate, this.words.plate ?? 'one', this.star));
	readonly reason = $derived(this.reasons.find(({ code }) => code === desk.draft.now.purpose.reason));
	readonly missing = $derived(missing(desk.draft.now, this.rules.needs, desk.areas.list.length));
	readonly missingWhy = $derived(this.missing.filter(({ why }) => why));
	readonly frame = $derived(this.#frame());
	readonly ownFrames = $derived(desk.areas.list.map((area) => this.#ownFrame(area.from ?? '', area.to ?? '')));

	readonly sentence = $derived(whatSentence(desk.draft.now, desk.areas.list.length, session.zone.wall(this.now)));
	readonly colleague = $derived(
		this.colleagues.find(({ user }) => user === desk.draft.now.purpose.onBehalfOf)?.name ?? '',
	);
	readonly whyParts = $derived(
		whyParts(desk.draft.now.purpose, this.reason?.label ?? desk.draft.now.purpose.reason, this.colleague),
	);

	readonly why = $derived(this.whyParts.join(' · '));

	constructor() {
		session.onClose(() => {
			this.reasons = [];
			this.colleagues = [];
			this.kinds = null;
			this.isReady = false;
			this.isTried = false;
		});
	}

	rulesOf(kind: Kind) {
		return rulesOf(kind, this.kinds, session.me);
	}

	/** Reads what the form offers this person, and keeps its clock going; gives back how to stop. */
	open(me: Me): () => void {
		void this.#load(me);
		this.keepUp();
		const timer = setInterval(() => this.keepUp(), TICK_MS);
		return () => clearInterval(timer);
	}

	keepUp(last?: Last): void {
		this.now = session.now();
		desk.draft.keepUp(session.zone, last ?? desk.draft.now.last, this.now);
	}

	async #load(me: Me): Promise<void> {
		const isStill = () => session.me?.user === me.user && session.me.door === me.door;
		try {
			const [reasons, colleagues, kinds] = await Promise.all([
				take(api.GET('/api/v1/reasons')),
				take(api.GET('/api/v1/colleagues')),
				take(api.GET('/api/v1/kinds'), { quiet: true }).catch((error) => {
					// A service without the list: the form then goes by the session, and shows every field.
					if (Problem.of(error).status === 404) return null;
					throw error;
				}),
			]);
			if (!isStill()) return;
			Object.assign(this, { reasons, colleagues, kinds, listsProblem: null });
		} catch (error) {
			if (isStill()) this.listsProblem = Problem.of(error);
		}
		this.isReady = true;
	}

	/** Tries the lists once more. */
	reload(): void {
		if (session.me) void this.#load(session.me);
	}

	#limits(): FrameLimits {
		return {
			longestDays: this.rules.longestDays,
			lookBackDays: this.reason?.look_back_days ?? null,
			reason: this.reason?.label ?? '',
		};
	}

	#frame(): Frame {
		const { areas, draft } = desk;
		// For common plates the span counts for each area: those with a frame of their own are not held to the question's.
		const byArea =
			draft.now.kind === 'common-plate' && areas.list.length > 0 && areas.list.every(({ from, to }) => from && to);
		return readFrame(draft.now, session.zone, this.now, { ...this.#limits(), byArea });
	}

	/** An area's own frame; null where it has none. Its look-back is the question's, which holds it. */
	#ownFrame(from: string, to: string): Frame | null {
		if (from === '' && to === '') return null;
		const wall = { from, to, fromOffset: '', toOffset: '' };
		const frame = readFrame(wall, session.zone, this.now, { ...this.#limits(), lookBackDays: null });
		const [begins, ends] = [this.frame.from, this.frame.to];
		const before = (one: string | null, other: string | null) => one && other && Date.parse(one) < Date.parse(other);
		if (from === '' || to === '')
			frame.faults.push({ field: from === '' ? 'from' : 'to', text: 'Both ends, or none.' });
		else if (before(frame.from, begins))
			frame.faults.push({ field: 'from', text: 'Before the question’s own time frame begins.' });
		else if (before(ends, frame.to))
			frame.faults.push({ field: 'to', text: 'After the question’s own time frame ends.' });
		return frame;
	}

	/** Areas beyond the sizes that policy names. */
	#areaFaults(): { field: string; text: string }[] {
		const { largestArea, largestTogether } = this.rules;
		const { list, squareMetres: together } = desk.areas;
		const over = list.findIndex(({ squareMetres: size }) => largestArea !== null && (size ?? 0) > largestArea);
		if (over >= 0)
			return [
				{
					field: 'areas',
					text: `Area ${areaLetter(over)} is ${squareMetres(list[over]?.squareMetres ?? 0)}; one may have ${squareMetres(largestArea ?? 0)} at most.`,
				},
			];
		if (largestTogether !== null && together !== null && together > largestTogether)
			return [
				{
					field: 'areas',
					text: `Together they are ${squareMetres(together)}; at most ${squareMetres(largestTogether)} may be asked about.`,
				},
			];
		return [];
	}

	/** What the form itself finds wrong, in its order. */
	readonly faults = $derived.by(() => {
		const { now } = desk.draft;
		const found: { field: string; text: string }[] = [];
		if (this.words.plate && this.pattern.fault) found.push({ field: 'plate', text: `${this.pattern.fault}.` });
		else if (this.words.plate && now.plate.trim() && this.pattern.tokens.length === 0)
			found.push({ field: 'plate', text: 'Spaces and hyphens do not count; give letters or digits.' });
		else if (
			this.words.plate === 'pattern' &&
			this.rules.fewestKnown !== null &&
			this.pattern.tokens.length > 0 &&
			this.pattern.known < this.rules.fewestKnown
		)
			found.push({
				field: 'plate',
				text: `At least ${many(this.rules.fewestKnown, 'character')} must be known; wildcards do not count.`,
			});
		if (now.state && !STATE.test(now.state))
			found.push({ field: 'state', text: 'Not a state in the list, nor an ISO code such as US-CA, MX-BCN or CA.' });
		if (this.words.vehicle && now.vehicle.year.trim() && !/^(19|20)\d\d$/.test(now.vehicle.year.trim()))
			found.push({ field: 'vehicle.year', text: 'Four digits.' });
		if (this.words.areas) found.push(...this.#areaFaults());
		for (const { field, text } of this.frame.faults) found.push({ field, text });
		if (now.kind === 'common-plate')
			this.ownFrames.forEach((own, index) => {
				for (const { field, text } of own?.faults ?? []) found.push({ field: `areas.${index}.${field}`, text });
			});
		return found;
	});

	/** A time that the clock shows twice, with its readings, at one end of the frame. */
	twice(end: 'from' | 'to'): FrameFault | undefined {
		return this.frame.faults.find(({ field, readings }) => field === end && readings);
	}

	/** What is wrong with a field, in place; undefined where nothing is. */
	fault(field: string): string | undefined {
		const { problem } = desk.draft;
		if (problem && fieldOf(problem.field) === field) return [problem.what, problem.help].filter(Boolean).join(' ');
		const found = this.faults.find((one) => one.field === field);
		if (found) return found.text;
		if (this.isTried && this.missing.some((one) => one.field === field)) return `Needed for ${this.words.inWords}.`;
		return undefined;
	}

	/** A field was changed: what was said of it no longer holds. */
	touched(field: string | undefined): void {
		const { problem } = desk.draft;
		if (problem && field !== undefined && fieldOf(problem.field) === field) desk.draft.problem = null;
	}

	/** By its key: the choice is shown too, wherever the form was scrolled to. */
	chooseByKey(kind: Kind): void {
		this.choose(kind);
		void this.focus('kind');
	}

	choose(kind: Kind): void {
		desk.draft.now.kind = kind;
		desk.draft.problem = null;
		this.isTried = false;
	}

	/**
	 * Asks. What cannot be a question yet, or is beyond a limit that the form knows, is said here and not sent. What
	 * only why lacks is policy's to decide, so that is sent, and refused with its rule.
	 */
	async ask(preview: boolean): Promise<void> {
		if (desk.askedAt !== null) return;
		this.keepUp();
		desk.draft.problem = null;
		this.isTried = this.missing.length > 0;
		if (this.faults.length > 0 || this.missing.some(({ why }) => !why)) {
			const first = this.missing[0] ?? this.faults[0]!;
			const what = this.missing.length ? `Still missing: ${listed(this.missing.map(({ what }) => what))}.` : '';
			toasts.say(`Not asked yet. ${what || this.faults[0]?.text}`);
			await this.focus(first.field);
			return;
		}
		const body = askBody(desk.draft.now, this.frame, desk.areas.list, this.ownFrames, preview);
		await desk.ask(body);
		if (desk.draft.problem) await this.focusFault();
	}

	/** An answer came: why becomes its one line. */
	answered(): void {
		this.isTried = false;
		if (this.missingWhy.length === 0) desk.draft.isWhyOpen = false;
	}

	/** Goes to the field that a refusal names, if the form has it. */
	async focusFault(): Promise<void> {
		const field = fieldOf(desk.draft.problem?.field);
		if (field) await this.focus(field);
	}

	/** Shows a field wherever it is folded away, and goes there. */
	async focus(field: string): Promise<void> {
		desk.part = 'ask';
		if (isWhy(field)) desk.draft.isWhyOpen = true;
		await tick();
		const place = document.querySelector(`form[data-ask] [data-field="${CSS.escape(field)}"]`);
		for (let fold = place?.closest('details'); fold; fold = fold.parentElement?.closest('details')) fold.open = true;
		await tick();
		const control =
			place?.querySelector<HTMLElement>('input[type="radio"]:checked') ??
			place?.querySelector<HTMLElement>('input, select, textarea, button');
		control?.focus({ preventScroll: true });
		(place ?? control)?.scrollIntoView({ block: 'center' });
	}

	stop(): void {
		desk.stop();
		toasts.show('You stopped waiting, so nothing is shown. The question is probably recorded already.');
	}

	/** Begins anew; why is kept, as it is from question to question. */
	clearWhat(): void {
		const { purpose, kind } = desk.draft.now;
		const { isWhyOpen } = desk.draft;
		desk.draft.clear();
		Object.assign(desk.draft.now, { purpose, kind });
		desk.draft.isWhyOpen = isWhyOpen;
		desk.areas.clear();
		this.isTried = false;
		this.keepUp();
	}
}

export const asking = new Asking();
