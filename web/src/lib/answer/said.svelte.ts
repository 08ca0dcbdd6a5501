/** What has been said once in this session and is not said again. */
export const photosSaid = $state({ isDone: false });
