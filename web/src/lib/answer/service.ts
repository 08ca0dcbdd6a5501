/** What an answer asks of the service after it has come: its pages, photos, marks, prints. */
import { api, take, type Schemas } from '../api/client';
import type { Row } from './answer.svelte';
import type { Mark } from './columns';

/** What is printed, as it was recorded (contract of this session; the document's types take over when it lands). */
export interface PrintView {
	entry: number;
	time: string;
	by: string;
	unit: string;
	agency: string;
	on_behalf_of?: string | null;
	sentence: string;
	reason: { code: string; label: string; authority: string };
	case_reference?: string | null;
	subject?: string | null;
	target?: string | { kind: string; description: string } | null;
	justification?: string | null;
	suspicion_facts?: string | null;
	receipt: Schemas['Receipt'];
	rows: Row[];
	left_out: { why: string; rows: number }[];
	records_notice?: string | null;
	reminder: string;
}

export interface PhotoName {
	detection: string;
	/** From 0. */
	number: number;
}

export const photoKey = ({ detection, number }: PhotoName): string => `${detection}/${number}`;

/** Routes that the document in this branch does not have yet; written against the contract. */
type Call = (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
const post = api.POST as unknown as Call;
const put = api.PUT as unknown as Call;

/** A page of 500 rows; nothing new is asked. */
export function page(query: string, number: number, signal: AbortSignal): Promise<Schemas['Page']> {
	// The document says that these parameters are part of the path; they are not.
	const params = { path: { query }, query: { page: number } } as never;
	return take(api.GET('/api/v1/queries/{query}/rows', { params, signal }));
}

/** Opens photos in one go; each is recorded before the first byte. What cannot be opened is left out. */
export async function openPhotos(
	query: string,
	photos: readonly PhotoName[],
	signal: AbortSignal,
): Promise<Map<string, Blob>> {
	const request = post('/api/v1/queries/{query}/photos', {
		params: { path: { query } },
		body: { photos },
		signal,
		parseAs: 'stream',
	});
	const body = (await take(request)) as ReadableStream<Uint8Array>;
	const { response } = await request;
	const type = response.headers.get('content-type') ?? '';
	const form = await new Response(body, { headers: { 'content-type': type } }).formData();
	const found = new Map<string, Blob>();
	for (const [name, value] of form) if (typeof value !== 'string') found.set(name, value);
	return found;
}

/** Opens one photo, where photos cannot be opened in one go. */
export function openPhoto(query: string, { detection, number }: PhotoName, signal: AbortSignal): Promise<Blob> {
	const params = { path: { query, detection: detection as unknown as number, number } };
	const path = '/api/v1/queries/{query}/photos/{detection}/{number}';
	return take(api.GET(path, { params, signal, parseAs: 'blob' })) as Promise<unknown> as Promise<Blob>;
}

/** Keeps marks with the answer (RES-1), and says how many there are then. */
export function setMarks(
	query: string,
	marks: Record<string, Mark | 'none'>,
): Promise<{ relevant: number; not_relevant: number }> {
	const request = put('/api/v1/queries/{query}/marks', { params: { path: { query } }, body: { marks } });
	return take(request, { quiet: false }) as Promise<{ relevant: number; not_relevant: number }>;
}

/** Records a print of the relevant reads, and gives what is printed. */
export const recordPrint = (query: string): Promise<PrintView> =>
	take(post('/api/v1/queries/{query}/prints', { params: { path: { query } } })) as Promise<PrintView>;

/** Where the proof of a ledger entry is. */
export const proofAddress = (entry: number): string => `/api/v1/ledger/entries/${entry}/receipt`;
