/** The path of the page: `/`, or where a proxy serves the server. Ends with a slash. */
const BASE = new URL(document.baseURI).pathname;

/** Returns the path of a page: `path("jobs/1")` is `/jobs/1`. */
export const path = (rest: string): string => `${BASE}${rest}`;

export const jobPath = (id: string): string => path(`jobs/${encodeURIComponent(id)}`);

export const comparePath = (ids: readonly string[]): string =>
  path(`compare?jobs=${ids.map(encodeURIComponent).join(",")}`);
