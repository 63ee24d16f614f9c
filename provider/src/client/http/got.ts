import type * as Got from "got";
import { MAX_RETRY_AFTER_MS, RETRY_CODES, RETRY_STATUSES, retryPause } from "./retry";

let loaded: typeof Got | undefined;

/**
 * Loads got on the first request: loading takes about 0.1 s, and many programs never send a request. The module is cached here,
 * because each `require` resolves the package's folder again, which costs about a tenth of a request.
 */
export function loadGot(): typeof Got {
  loaded ??= require("got") as typeof Got;
  return loaded;
}

/** Returns a got instance with the options that all requests of a client share: got processes every option passed per request, which costs time. */
export function gotWith(headers: Record<string, string>, timeoutMs: number, maxRetries: number): Got.Got {
  return loadGot().got.extend({
    headers: { "user-agent": "pulumi-mistral", accept: "application/json", ...headers },
    timeout: { ...timeoutsOf(timeoutMs), response: totalTimeout(timeoutMs) },
    // The API has no redirects. Following one would send the key to its target, or turn a POST into a GET.
    followRedirect: false,
    retry: {
      limit: maxRetries,
      // Requests that must not be retried set their own limit of 0.
      methods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      statusCodes: RETRY_STATUSES,
      errorCodes: RETRY_CODES,
      maxRetryAfter: MAX_RETRY_AFTER_MS,
      enforceRetryRules: true,
      // Do not retry after a slow reply: a server that keeps sending single bytes would do so again.
      calculateDelay: ({ attemptCount, retryAfter, error }) =>
        isTotalTimeout(error) ? 0 : retryPause(attemptCount, retryAfter),
    },
  });
}

/** Whether a reply took too long as a whole. */
export const isTotalTimeout = (error: unknown) =>
  error instanceof loadGot().TimeoutError && (error.event === "request" || error.event === "response");

/**
 * Returns the time limit of a whole reply, or of the headers of a download, in milliseconds: without it, a server that sends one byte
 * at a time would never be idle.
 */
export const totalTimeout = (idleMs: number) => Math.min(5 * idleMs, 2 ** 31 - 1);

/** Limits each phase and idle time, but not the total: an upload or a download may take hours while it makes progress. */
export function timeoutsOf(milliseconds: number): Got.Delays {
  return { lookup: milliseconds, connect: milliseconds, secureConnect: milliseconds, socket: milliseconds };
}
