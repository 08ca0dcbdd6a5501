/**
 * The one way from the page to the service: typed by its OpenAPI document, every failure a {@link Problem}.
 *
 * `const me = await take(api.GET('/api/v1/session'))`
 */
import createClient, { type Middleware } from 'openapi-fetch';
import { Problem, type ProblemBody } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

/** What the app does when the session is over, when the rules changed, and as the service comes and goes. Set once. */
export const on = {
	signedOut: () => {},
	acceptRules: () => {},
	reached: () => {},
	unreached: () => {},
};

const transport: typeof fetch = async (input, init) => {
	try {
		const response = await fetch(input, init);
		on.reached();
		return response;
	} catch (error) {
		if (error instanceof DOMException && error.name === 'AbortError') throw error;
		on.unreached();
		throw Problem.offline();
	}
};

const headers: Middleware = {
	onRequest({ request }) {
		// A form on another site cannot send this header; the service asks for it with every change by cookie.
		if (request.method !== 'GET') request.headers.set('x-sightline', '1');
		return request;
	},
};

export const api = createClient<paths>({
	baseUrl: globalThis.location?.origin ?? '',
	fetch: transport,
	cache: 'no-store',
});
api.use(headers);

/** Problems that the caller of a request expects are not acted on by the whole app. */
interface Quietly {
	quiet?: boolean;
}

/** The answer's body; anything but success is thrown. */
export async function take<T>(
	request: Promise<{ data?: T; error?: unknown; response: Response }>,
	{ quiet = false }: Quietly = {},
): Promise<T> {
	const { data, error, response } = await request;
	if (!response.ok) {
		const problem = new Problem(
			response.status,
			(typeof error === 'object' && error !== null ? error : {}) as ProblemBody,
		);
		if (!quiet && problem.code === 'signed-out') on.signedOut();
		if (!quiet && problem.code === 'accept-rules') on.acceptRules();
		throw problem;
	}
	return data as T;
}

/** A route that the API's document does not have yet; the caller says what it answers. */
export function untyped<T>(
	method: 'GET' | 'POST' | 'PUT' | 'DELETE',
	path: `/api/v1/${string}`,
	options: { body?: object } = {},
): Promise<{ data?: T; error?: unknown; response: Response }> {
	const send = api[method] as unknown as (
		path: string,
		options: object,
	) => Promise<{ data?: T; error?: unknown; response: Response }>;
	return send(path, options);
}
