// Everything runs in the browser; the service answers every address with the same page.
export const ssr = false;
export const prerender = false;
