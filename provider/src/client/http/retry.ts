/**
 * Default number of retries of an idempotent request, after about 0.5, 1, 2 and 4 seconds. Covers a server restart or a short
 * network outage. Callers handle longer outages: `waitUntilComplete` tolerates minutes.
 */
export const DEFAULT_MAX_RETRIES = 4;

/** Statuses of temporary failures, after which a request can be retried. */
export const RETRY_STATUSES = [429, 502, 503, 504];

/**
 * Error codes of temporary connection failures. got reports its timeouts as ETIMEDOUT. The `ERR_PROXY_` codes mean that a proxy
 * temporarily could not connect.
 */
export const RETRY_CODES = [
  ...["ECONNRESET", "ECONNREFUSED", "ETIMEDOUT", "EPIPE", "ENOTFOUND", "EAI_AGAIN"],
  ...RETRY_STATUSES.map((status) => `ERR_PROXY_${status}`),
];

/**
 * Longest `Retry-After` to wait for, in milliseconds. A longer one fails immediately with `retryAfter` set, so that the caller can
 * report it instead of appearing to hang.
 */
export const MAX_RETRY_AFTER_MS = 60_000;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8_000;

/**
 * Returns the backoff before the next attempt, in milliseconds. Never shorter than `Retry-After`. Jitter prevents many jobs that
 * were rejected together from retrying together.
 *
 * @param attempt number of attempts made so far, from 1
 * @param retryAfterMs delay from the `Retry-After` header, if any
 */
export function retryPause(attempt: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined && retryAfterMs > 0) {
    return retryAfterMs + Math.random() * Math.min(retryAfterMs * 0.1, 500);
  }
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return pause * (0.75 + Math.random() * 0.5);
}

/** Parses a `Retry-After` header, a number of seconds or an HTTP date, to seconds. Returns undefined when it is neither. */
export function parseRetryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined || header.trim() === "") {
    return undefined;
  }
  const seconds = Number.isNaN(Number(header)) ? (Date.parse(header) - now) / 1000 : Number(header);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
