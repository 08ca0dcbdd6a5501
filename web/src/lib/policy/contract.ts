/** Answers of the policy routes, as the API writes them. */

export interface Rule {
	id: string;
	effect: 'permit' | 'forbid';
	stage?: string | null;
	sentence: string;
	unlock?: string | null;
	source: string;
}

export interface Cell {
	allowed: boolean;
	/** The rule that decides. */
	rule: string;
}

export interface MatrixRow {
	profile: string;
	kind: string;
	role: string;
	plain: Cell;
	enhanced: Cell;
	administrative: Cell;
}

export type Limits = Record<string, unknown>;

export interface Matrix {
	preset: string;
	version: string;
	rules: Rule[];
	limits: Limits;
	cells: MatrixRow[];
}

export interface Help {
	what: string;
	sentence: string;
	/** `allowed`, or the rule that refuses then. */
	then: string;
	then_sentence?: string | null;
}

export interface Tried {
	allowed: boolean;
	rule?: string | null;
	sentence?: string | null;
	unlock?: string | null;
	field?: string | null;
	would_help: Help[];
}

export interface Pending {
	id: string | number;
	/** Name of the manager who made it. */
	by: string;
	/** Made by the caller, who cannot confirm it. */
	own: boolean;
	made: string;
	preset: string;
	limits: Limits;
	/** What it widens, in sentences. */
	widens: string[];
	document: { reference: string; date: string };
}

export interface InForce {
	preset: string;
	version: string;
	limits: Limits;
	/** Names of limits that differ from the preset. */
	changed: string[];
	passwords: string;
	pending?: Pending | null;
}

export interface Changed {
	id: string | number;
	ledger_entry: number;
	effective: boolean;
	widens: string[];
}
