import type * as Got from "got";
import { MAX_RETRY_AFTER_MS, RETRY_CODES, RETRY_STATUSES, retryPause } from "./retry";

let loaded: typeof Got | undefined;

/**
 * Loads got at the first request: loading takes about a tenth of a second, and many programs never send one. The module is
 * kept, because a `require` looks up the package's folder each time, which takes a tenth of the time of a request.
 */
export function loadGot(): typeof Got {
  loaded ??= require("got") as typeof Got;
  return loaded;
}

/** The part of got's options that all requests of a client share. got works through every option that comes with a request. */
export function gotWith(headers: Record<string, string>, timeoutMs: number, maxRetries: number): Got.Got {
  return loadGot().got.extend({
    headers: { "user-agent": "pulumi-mistral", accept: "application/json", ...headers },
    timeout: timeoutsOf(timeoutMs),
    // A redirect would carry the key, or silently turn a POST into a GET. None is part of the API.
    followRedirect: false,
    retry: {
      limit: maxRetries,
      // What must not be repeated says so itself.
      methods: ["GET", "POST", "PATCH", "DELETE"],
      statusCodes: RETRY_STATUSES,
      errorCodes: RETRY_CODES,
      maxRetryAfter: MAX_RETRY_AFTER_MS,
      enforceRetryRules: true,
      calculateDelay: ({ attemptCount, retryAfter }) => retryPause(attemptCount, retryAfter),
    },
  });
}

/** No limit on the whole: an upload or a download may take hours, as long as it moves. */
export function timeoutsOf(milliseconds: number): Got.Delays {
  return { lookup: milliseconds, connect: milliseconds, secureConnect: milliseconds, socket: milliseconds };
}
