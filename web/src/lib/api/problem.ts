import { number, sentence } from '../words/numbers';

/** Problem details (RFC 9457) as the service writes them. */
export interface ProblemBody {
	type?: string;
	title?: string;
	status?: number;
	detail?: string;
	field?: string;
	rule?: string;
	unlock?: string;
	query?: string;
	ledger_entry?: number;
	/** Of a file: lines that cannot be taken. */
	lines?: { line: number; detail: string }[];
	/** How many more there are than told. */
	more_lines?: number;
}

/** What the service said no with, or that it could not be reached, as a sentence that a person can act on. */
export class Problem extends Error {
	/** HTTP status; 0 where the service was not reached or the fault was found in the browser. */
	readonly status: number;
	readonly body: ProblemBody;

	constructor(status: number, body: ProblemBody) {
		super(body.detail ?? body.title ?? 'The service did not answer as expected');
		this.name = 'Problem';
		this.status = status;
		this.body = body;
	}

	/** The stable code, such as `not-permitted` or `needs-confirmation`. */
	get code(): string {
		return this.body.type?.split(':').pop() ?? '';
	}

	/** The field at fault, as a path into the request. */
	get field(): string | undefined {
		return this.body.field;
	}

	/** Policy decided; the refusal is in the ledger. */
	get isRefusal(): boolean {
		return this.body.rule !== undefined;
	}

	get isOffline(): boolean {
		return this.status === 0 && this.body.type === OFFLINE;
	}

	/** What happened, as a sentence. */
	get what(): string {
		return sentence(this.message);
	}

	/** What would help, as a sentence; empty where nobody knows. */
	get help(): string {
		return this.body.unlock ? sentence(this.body.unlock) : '';
	}

	/** All of it in one line, for places without room for more. */
	get sentence(): string {
		const entry = this.body.ledger_entry;
		const recorded = entry === undefined ? '' : `Recorded as ledger entry ${number(entry)}.`;
		return [(this.isRefusal ? 'Refused: ' : '') + this.what, this.help, recorded].filter(Boolean).join(' ');
	}

	/** Found before anything was sent. */
	static here(detail: string, field?: string): Problem {
		return new Problem(0, field === undefined ? { detail } : { detail, field });
	}

	static offline(): Problem {
		return new Problem(0, {
			type: OFFLINE,
			detail: 'Sightline cannot be reached. Nothing was sent; check the connection and try again',
		});
	}

	/** Anything that was thrown, as a problem. */
	static of(error: unknown): Problem {
		if (error instanceof Problem) return error;
		return Problem.here('Something in this page failed. Load it again; what you typed stays in the form until then');
	}
}

const OFFLINE = 'urn:sightline:problem:offline';
