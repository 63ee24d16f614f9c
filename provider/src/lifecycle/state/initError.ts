import type { Outputs } from "./outputs";

/**
 * The job exists but has not reached the declared state: the wait was interrupted or timed out, the training failed, or the job
 * is held in VALIDATED. The engine stores the ID and the outputs, fails the operation, and calls `update` on the next `up`.
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
