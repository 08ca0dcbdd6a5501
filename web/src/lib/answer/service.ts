/** What an answer asks of the service after it has come: its pages, photos, marks, prints. */
import { api, take, type Schemas } from '../api/client';
import type { Mark } from './columns';

export type PrintView = Schemas['PrintView'];
export type PhotoName = Schemas['PhotoName'];

export const photoKey = ({ detection, number }: PhotoName): string => `${detection}/${number}`;

/** A page of 500 rows; nothing new is asked. */
export function page(query: string, number: number, signal: AbortSignal): Promise<Schemas['Page']> {
	const params = { path: { query }, query: { page: number } };
	return take(api.GET('/api/v1/queries/{query}/rows', { params, signal }));
}

/** Opens photos in one go; it is recorded before the first byte. What cannot be opened any more is left out. */
export async function openPhotos(
	query: string,
	photos: PhotoName[],
	signal: AbortSignal,
): Promise<ReadonlyMap<string, Blob>> {
	const init = { params: { path: { query } }, body: { photos }, signal, parseAs: 'stream' } as const;
	const request = api.POST('/api/v1/queries/{query}/photos', init);
	const body = await take<unknown>(request);
	const { response } = await request;
	const headers = { 'content-type': response.headers.get('content-type') ?? '' };
	const form = await new Response(body as ReadableStream<Uint8Array>, { headers }).formData();
	return new Map([...form].flatMap(([name, value]) => (typeof value === 'string' ? [] : [[name, value] as const])));
}

/** Keeps marks with the answer (RES-1), and says how many there are then. */
export const setMarks = (query: string, marks: Record<string, Mark | 'none'>): Promise<Schemas['MarkCounts']> =>
	take(api.PUT('/api/v1/queries/{query}/marks', { params: { path: { query } }, body: { marks } }));

/** Records a print of the relevant reads, and gives what is printed. */
export const recordPrint = (query: string): Promise<PrintView> =>
	take(api.POST('/api/v1/queries/{query}/prints', { params: { path: { query } } }));

/** The proof of a ledger entry (C2SP tlog-proof); the service publishes a checkpoint that covers it. */
export const proofText = (entry: number): Promise<string> =>
	take(
		api.GET('/api/v1/ledger/entries/{index}/receipt', { params: { path: { index: entry } }, parseAs: 'text' }),
	) as Promise<string>;

/** Where the proof of a ledger entry is. */
export const proofAddress = (entry: number): string => `/api/v1/ledger/entries/${entry}/receipt`;
