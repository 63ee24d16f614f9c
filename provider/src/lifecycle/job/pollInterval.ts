import { isTraining } from "#common";
import type { Job } from "../../client";
import type { Clock } from "../runtime/clock";

const SHORTEST_MS = 250;
const DEFAULT_LONGEST_SECONDS = 30;
/** So that many stacks, deployed by the same schedule, do not ask at the same moments. */
const JITTER = 0.05;

/**
 * How often a job is looked at. The wait before the next look is as long as it has been since the last change of its status,
 * or as it is until, or has been since, the moment at which it is expected to end, whichever is the shortest: quick while
 * things happen, and `pollInterval` at most.
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

  /** Takes in what a look has found. */
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
    // One that has come does not come again with every "nothing remains" of a training that takes longer than it said.
    else if (remaining !== undefined) {
      this.expectedEnd = remaining > 0 ? now + remaining * 1000 : (this.expectedEnd ?? now);
    } else if (duration !== undefined) {
      this.expectedEnd = this.changedAt + duration * 1000;
    }
  }

  /** Milliseconds to wait before the next look. */
  nextMs(): number {
    const now = this.clock.now();
    const sinceChange = now - this.changedAt;
    const fromEnd = this.expectedEnd === undefined ? sinceChange : Math.abs(this.expectedEnd - now);
    const wait = Math.max(Math.min(sinceChange, fromEnd), SHORTEST_MS);
    return Math.min(wait, this.longestMs) * (1 - JITTER * Math.random());
  }
}
