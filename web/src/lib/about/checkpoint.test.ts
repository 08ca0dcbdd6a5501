import { expect, test } from 'vitest';
import { readCheckpoint } from './checkpoint';

test('AUD 6 a checkpoint says its log, its size, its root and who signed it', () => {
	const text =
		'sightline.local/ledger\n178\nyRv0R3qk4mDWH9Il8YQBzDq/pVMIokcnOuiqee67hNQ=\n\n— sightline.local/ledger Rg4mIb==\n— witness.example abc=\n';
	expect(readCheckpoint(text)).toEqual({
		origin: 'sightline.local/ledger',
		size: 178,
		rootHash: 'yRv0R3qk4mDWH9Il8YQBzDq/pVMIokcnOuiqee67hNQ=',
		signers: ['sightline.local/ledger', 'witness.example'],
	});
});

test('anything else is none', () => {
	for (const text of ['', 'nothing', 'a\nb\nc\n\n', 'a\n-1\nc']) expect(readCheckpoint(text)).toBeNull();
});
