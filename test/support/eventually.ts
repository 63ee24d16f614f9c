import { setTimeout as sleep } from "node:timers/promises";

export interface EventuallyOptions {
  /** Milliseconds until the wait fails. Default 15 s. */
  withinMs?: number;
  /** Milliseconds between two polls. Default 20 ms. */
  everyMs?: number;
}

/**
 * Polls until the answer is neither `undefined` nor `false`, and returns it. Fails after a deadline: a loop without one would
 * keep the process alive after its test has failed.
 *
 * @param what names the awaited condition in the error; a function is called when the wait fails
 */
export async function eventually<Answer>(
  what: string | (() => string),
  poll: () => Answer | Promise<Answer>,
  { withinMs = 15_000, everyMs = 20 }: EventuallyOptions = {},
): Promise<Exclude<Answer, undefined | false>> {
  for (const deadline = performance.now() + withinMs; performance.now() < deadline; await sleep(everyMs)) {
    const answer = await poll();
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>;
  }
  throw new Error(`not within ${withinMs / 1000} s: ${typeof what === "string" ? what : what()}`);
}
