import type * as Got from "got";

/**
 * got, which takes about a tenth of a second to load, so that is left to the first request: `check` and `diff`, which every
 * `pulumi up` runs, send none.
 */
export function loadGot(): typeof Got {
  return require("got");
}
