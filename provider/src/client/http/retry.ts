/**
 * How often a request that is safe to repeat is repeated, by default: after about 0.5, 1, 2 and 4 seconds. Enough for
 * a restart or a short lack of network; longer outages are the business of the caller (`waitUntilComplete` rides out
 * minutes).
 */
export const DEFAULT_MAX_RETRIES = 4;

/** Statuses that say "not now": the request was not carried out, or may be repeated. */
export const RETRY_STATUSES = [429, 502, 503, 504];

/**
 * Ways in which a connection breaks, by the system's code. got reports its own timeouts as ETIMEDOUT; the last ones are a
 * proxy's way to say that it could not connect just now.
 */
export const RETRY_CODES = [
  ...["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EPIPE", "ENOTFOUND", "EAI_AGAIN"],
  ...RETRY_STATUSES.map((status) => `ERR_PROXY_${status}`),
];

/**
 * The longest `Retry-After` that is waited for, in milliseconds. A server that asks for more gets an error with
 * `retryAfter` at once, so that the caller can say so instead of seeming to hang.
 */
export const MAX_RETRY_AFTER_MS = 60_000;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/**
 * Milliseconds to wait before the next attempt. A `Retry-After` is never undercut; both ways get some noise, so that
 * a hundred jobs that were turned away together do not come back together.
 *
 * @param attempt number of attempts made so far, from 1
 * @param retryAfterMs what the server asked for, if it did
 */
export function retryPause(attempt: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined && retryAfterMs > 0) {
    return retryAfterMs + Math.random() * Math.min(retryAfterMs * 0.1, 500);
  }
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return pause * (0.75 + Math.random() * 0.5);
}

/** Seconds of a `Retry-After` header: a number of seconds or an HTTP date. Undefined when it is neither. */
export function parseRetryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined || header.trim() === "") {
    return undefined;
  }
  const seconds = Number.isNaN(Number(header)) ? (Date.parse(header) - now) / 1000 : Number(header);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
