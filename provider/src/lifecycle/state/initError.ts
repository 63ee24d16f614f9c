import type { Outputs } from "./outputs";

/**
 * The job exists, but is not what was declared (yet): the wait was interrupted or ran out of time, the training failed, or it
 * is held back. The engine keeps the id and the outputs, fails the update, and calls `update` the next time.
 */
export class InitError extends Error {
  constructor(
    readonly id: string,
    readonly outputs: Outputs,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(reason, options);
    this.name = "InitError";
  }
}
