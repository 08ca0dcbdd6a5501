import { session } from '../session/session.svelte';

/** What has been said once in this session and is not said again; the next person hears it anew. */
export const photosSaid = $state({ isDone: false });

session.onForget(() => (photosSaid.isDone = false));
