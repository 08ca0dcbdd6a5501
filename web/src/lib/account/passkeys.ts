/** The browser's side of passkeys: from the service's options to what goes back to it. */
import { Problem } from '../api/problem';

/** Whether this browser can use passkeys here, with the forms of WebAuthn Level 3 that the service speaks. */
export const canUsePasskeys = (): boolean =>
	typeof PublicKeyCredential === 'function' &&
	typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function' &&
	typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function';

type Options = Record<string, unknown>;
/** A free-form object, as the API's types write one. */
type Written = Record<string, undefined>;

/** Makes a passkey; what the person sees meanwhile is the browser's. */
export async function makePasskey(options: Options): Promise<Written> {
	return asked(() =>
		navigator.credentials.create({
			publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
				options as unknown as PublicKeyCredentialCreationOptionsJSON,
			),
		}),
	);
}

/** Answers a challenge with a passkey. */
export async function usePasskey(options: Options): Promise<Written> {
	return asked(() =>
		navigator.credentials.get({
			publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
				options as unknown as PublicKeyCredentialRequestOptionsJSON,
			),
		}),
	);
}

async function asked(ask: () => Promise<Credential | null>): Promise<Written> {
	try {
		const credential = await ask();
		if (credential instanceof PublicKeyCredential) return credential.toJSON() as unknown as Written;
	} catch (error) {
		throw Problem.here(said(error instanceof DOMException ? error.name : ''));
	}
	throw Problem.here(said(''));
}

/** What a browser's error means here. */
export function said(name: string): string {
	switch (name) {
		case 'SecurityError':
			return 'Passkeys work only at the address that this service is known by; open it there';
		case 'InvalidStateError':
			return 'This device holds a passkey of yours already';
		case 'NotSupportedError':
			return 'This device cannot make a passkey of the kind that is asked for';
		default:
			return 'No passkey was used: it was canceled, took too long, or this device holds none of yours';
	}
}
