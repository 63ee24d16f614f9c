import { isTraining } from "#common";
import type { Job } from "../../client";
import type { Clock } from "../runtime/clock";

const SHORTEST_MS = 250;
const DEFAULT_LONGEST_SECONDS = 30;
/** Spreads the polls of stacks that are deployed on the same schedule. */
const JITTER = 0.05;

/**
 * Computes the delay before the next poll of a job, so that polls are frequent when a change is likely. The delay is the smallest of
 * three values: the time since the last status change; the time until or since the expected end; `pollInterval`. The first two count
 * as at least 250 ms. Jitter then shortens the delay by up to 5 %.
 */
export class PollInterval {
  private readonly longestMs: number;
  private status: string | undefined;
  private changedAt: number;
  private expectedEnd: number | undefined;

  constructor(
    private readonly clock: Clock,
    longestSeconds = DEFAULT_LONGEST_SECONDS,
  ) {
    this.longestMs = longestSeconds * 1000;
    this.changedAt = clock.now();
  }

  /** Records the result of a poll. */
  observe({ status, metadata }: Job): void {
    const now = this.clock.now();
    if (status !== this.status) {
      this.status = status;
      this.changedAt = now;
    }
    const { estimated_remaining_seconds: remaining, expected_duration_seconds: duration } = metadata ?? {};
    if (!isTraining(status)) {
      this.expectedEnd = undefined;
    }
    // A training that overruns its estimate keeps reporting 0 s remaining: keep the first expected end, so that polls slow down.
    else if (remaining !== undefined) {
      this.expectedEnd = remaining > 0 ? now + remaining * 1000 : (this.expectedEnd ?? now);
    } else if (duration !== undefined) {
      this.expectedEnd = this.changedAt + duration * 1000;
    }
  }

  /** Returns the delay before the next poll, in milliseconds. */
  nextMs(): number {
    const now = this.clock.now();
    const sinceChange = now - this.changedAt;
    const fromEnd = this.expectedEnd === undefined ? sinceChange : Math.abs(this.expectedEnd - now);
    const wait = Math.max(Math.min(sinceChange, fromEnd), SHORTEST_MS);
    return Math.min(wait, this.longestMs) * (1 - JITTER * Math.random());
  }
}
