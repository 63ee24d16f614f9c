/** The path of the page: `/`, or where a proxy serves the server. Ends with a slash. */
const BASE = new URL(document.baseURI).pathname;

/** Returns the path of a page: `path("jobs/1")` is `/jobs/1`. */
export const path = (rest: string): string => `${BASE}${rest}`;

export const jobPath = (id: string): string => path(`jobs/${encodeURIComponent(id)}`);

/** The path of a model's adapter, a tar file. */
export const artifactPath = (model: string): string =>
  path(`v1/fine_tuning/models/${encodeURIComponent(model)}/artifact`);

export const comparePath = (ids: readonly string[]): string =>
  path(`compare?jobs=${ids.map(encodeURIComponent).join(",")}`);
