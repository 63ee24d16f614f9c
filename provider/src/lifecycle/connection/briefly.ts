import type { RequestOptions } from "../../client";
import { withDeadline } from "../runtime/deadline";

/** Limits each attempt. Without the limit of all attempts, a long `Retry-After` or a reply in single bytes would take minutes. */
const LIMITS = { maxRetries: 1, timeoutMs: 10_000 };
const WITHIN_SECONDS = 20;

/**
 * Sends requests for a convenience, such as a link: a server that does not answer must not delay the operation for long.
 *
 * @throws {Error} after 20 s in all, also when the requests would continue
 */
export function briefly<T>(
  signal: AbortSignal,
  send: (options: RequestOptions & { signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  return withDeadline(WITHIN_SECONDS, { signal }, async (deadline) => {
    try {
      return await send({ ...LIMITS, signal: deadline.signal });
    } catch (error) {
      if (signal.aborted || !deadline.signal.aborted) throw error;
      throw new Error(`The server did not answer within ${WITHIN_SECONDS} s.`, { cause: error });
    }
  });
}
