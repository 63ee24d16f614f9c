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
  /** Milliseconds after which the waiting ends, not the job; default 86 400 000 (24 hours), at most 2^31 - 1. */
  timeoutMs?: number | undefined;
  /** As `timeoutMs` of the other calls: milliseconds without progress in one request. */
  requestTimeoutMs?: number | undefined;
  /** Milliseconds for which the server may be out of reach once it has answered; default 300 000 (5 minutes). */
  outageToleranceMs?: number | undefined;
  /** Called with every reply, the last included. What it throws ends the waiting. */
  onUpdate?: ((job: DetailedJob) => void | Promise<void>) | undefined;
  /** Called for every poll that failed in a way that may pass, while the waiting goes on. */
  onOutage?: ((error: MistralError) => void | Promise<void>) | undefined;
}

const DAY_MS = 86_400_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whether a job with this status stays as it is. An unknown status counts as not terminal. */
export function isTerminal(status: string): boolean {
  return common.isTerminal(status);
}

/** Whether the job has ended, in success or not. */
export function isComplete(job: { status: string }): boolean {
  return isTerminal(job.status);
}

/** Whether the same request may well succeed a little later: the connection, the server, or its rate limit failed it. */
export function isTransient(error: unknown): error is MistralError {
  return (
    error instanceof RateLimitError ||
    error instanceof ServerError ||
    error instanceof RequestTimeoutError ||
    (error instanceof ConnectionError && !/CERT|SSL|TLS|SELF_SIGNED|EPROTO|HPE_/.test(error.reason))
  );
}

/** Polls a job until it has ended; see `Jobs.waitUntilComplete`. */
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
  // One signal for both ends of the wait, so that a request in flight, its retries and the pauses all stop at once.
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
        // Before the first reply a failure most likely means a wrong address, and waiting would hide it.
        if (!isTransient(error) || last === undefined || performance.now() - last.at > outageToleranceMs) {
          throw error;
        }
        await onOutage?.(error);
        pauseMs = Math.max(pauseMs, ((error instanceof RateLimitError ? error.retryAfter : undefined) ?? 0) * 1000);
      }
      await pause(Math.min(pauseMs, LONGEST_TIMER_MS), undefined, { signal: stop.signal });
    }
  } catch (error) {
    if (!stop.signal.aborted) {
      throw error;
    }
    throw options.signal?.aborted
      ? new AbortedError(`Waiting for job ${id} was aborted by its signal. The job was not cancelled and goes on.`)
      : new WaitTimeoutError(id, last?.job.status, timeoutMs);
  } finally {
    clearTimeout(deadline);
    options.signal?.removeEventListener("abort", onAbort);
  }
}
