/** A checkpoint of the ledger: a C2SP signed note whose text is origin, size and root hash, each a line. */
export interface Checkpoint {
	origin: string;
	size: number;
	rootHash: string;
	/** Names of the keys that signed it. */
	signers: string[];
}

/** Null where the text is no checkpoint. */
export function readCheckpoint(text: string): Checkpoint | null {
	const [body, signatures] = text.split('\n\n');
	const [origin, size, rootHash] = (body ?? '').split('\n');
	if (!origin || !rootHash || !size || !/^\d+$/.test(size)) return null;
	const signers = (signatures ?? '')
		.split('\n')
		.map((line) => /^— (\S+) \S+$/.exec(line)?.[1])
		.filter((name) => name !== undefined);
	return { origin, size: Number(size), rootHash, signers };
}
