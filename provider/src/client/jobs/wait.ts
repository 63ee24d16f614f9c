import { setTimeout as pause } from "node:timers/promises";
import * as common from "#common";
import { RateLimitError, ServerError } from "../errors/apiErrors";
import { ConnectionError } from "../errors/connectionError";
import {
  AbortedError,
  InvalidArgumentError,
  type MistralError,
  RequestTimeoutError,
  WaitTimeoutError,
} from "../errors/errors";
import type { RequestOptions } from "../options";
import type { DetailedJob } from "../types.generated";

/** Options of `waitUntilComplete`. */
export interface WaitOptions extends Omit<RequestOptions, "timeoutMs"> {
  /** Milliseconds between two polls; default 5000. */
  pollIntervalMs?: number | undefined;
  /** Milliseconds after which the wait ends; the job keeps running. Default 86 400 000 (24 hours), at most 2^31 - 1. */
  timeoutMs?: number | undefined;
  /** Milliseconds without progress in one request, like `timeoutMs` of the other calls. */
  requestTimeoutMs?: number | undefined;
  /** Milliseconds for which the server may be unreachable after its first reply; default 300 000 (5 minutes). */
  outageToleranceMs?: number | undefined;
  /** Called with every reply, including the last. An error thrown here ends the wait. */
  onUpdate?: ((job: DetailedJob) => void | Promise<void>) | undefined;
  /** Called for every poll that failed temporarily; the wait continues. */
  onOutage?: ((error: MistralError) => void | Promise<void>) | undefined;
}

const DAY_MS = 86_400_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A server that asks for a longer pause is polled after this time. */
const LONGEST_RETRY_AFTER_MS = 600_000;

/** Whether the status is terminal. An unknown status is not. */
export function isTerminal(status: string): boolean {
  return common.isTerminal(status);
}

/** Whether the job has ended, successfully or not. */
export function isComplete(job: { status: string }): boolean {
  return isTerminal(job.status);
}

/** Whether a retry may succeed later: the failure was in the connection, the server, or its rate limit. */
export function isTransient(error: unknown): error is MistralError {
  return (
    error instanceof RateLimitError ||
    error instanceof ServerError ||
    error instanceof RequestTimeoutError ||
    (error instanceof ConnectionError && !/CERT|SSL|TLS|SELF_SIGNED|EPROTO|HPE_/.test(error.reason))
  );
}

/** Implements `Jobs.waitUntilComplete`. */
export async function waitUntilComplete(
  id: string,
  getJob: (options: RequestOptions) => Promise<DetailedJob>,
  options: WaitOptions,
): Promise<DetailedJob> {
  const { pollIntervalMs = 5000, timeoutMs = DAY_MS, outageToleranceMs = 300_000, onUpdate, onOutage } = options;
  for (const [name, value] of Object.entries({ pollIntervalMs, timeoutMs, outageToleranceMs })) {
    if (!(value >= 0 && value <= LONGEST_TIMER_MS)) {
      throw new InvalidArgumentError(`${name} must be between 0 and ${LONGEST_TIMER_MS} ms, not ${value}.`);
    }
  }
  // One signal for the timeout and the caller's signal, so that a request, its retries and the pauses all stop immediately.
  const stop = new AbortController();
  const deadline = setTimeout(() => stop.abort(), timeoutMs);
  const onAbort = () => stop.abort();
  options.signal?.addEventListener("abort", onAbort);
  const request: RequestOptions = {
    signal: stop.signal,
    maxRetries: options.maxRetries,
    timeoutMs: options.requestTimeoutMs,
    headers: options.headers,
  };
  let last: { job: DetailedJob; at: number } | undefined;
  try {
    if (options.signal?.aborted) {
      stop.abort();
    }
    for (;;) {
      let pauseMs = pollIntervalMs;
      try {
        const job = await getJob(request);
        last = { job, at: performance.now() };
        await onUpdate?.(job);
        if (isComplete(job)) {
          return job;
        }
      } catch (error) {
        // Before the first reply, a failure probably means a wrong base URL, and waiting would hide that.
        if (!isTransient(error) || last === undefined || performance.now() - last.at > outageToleranceMs) {
          throw error;
        }
        await onOutage?.(error);
        const retryAfterMs = (error instanceof RateLimitError ? (error.retryAfter ?? 0) : 0) * 1000;
        pauseMs = Math.max(pauseMs, Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS));
      }
      await pause(Math.min(pauseMs, LONGEST_TIMER_MS), undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      throw error;
    }
    throw options.signal?.aborted
      ? new AbortedError(
          `Waiting for job ${id} was aborted by its signal. The job was not cancelled and keeps running.`,
        )
      : new WaitTimeoutError(id, last?.job.status, timeoutMs);
  } finally {
    clearTimeout(deadline);
    options.signal?.removeEventListener("abort", onAbort);
  }
}
