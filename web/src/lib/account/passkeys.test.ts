import { describe, expect, it } from 'vitest';
import { said } from './passkeys';

describe('passkeys', () => {
	it('ACC 6 what a browser says of a passkey becomes a sentence that a person can act on', () => {
		expect(said('SecurityError')).toContain('only at the address');
		expect(said('InvalidStateError')).toContain('already');
		expect(said('NotAllowedError')).toBe(said('anything else'));
	});
});
