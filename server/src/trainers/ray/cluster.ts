import { type RayClient, RayUnavailableError } from "./rayClient";

/** Milliseconds between the looks at one job, and after each failure in a row. */
const POLL_INTERVAL_MS = 1000;
const MAX_PAUSE_MS = 30_000;

/** However many jobs there are, the cluster is asked about this many in a second. */
const POLLS_PER_SECOND = 20;

/** A cluster as all jobs see it: while it does not work, it is asked once in a while, and not for each of them. */
export class Cluster {
  private readonly client: RayClient;
  private failures = 0;
  private pausedUntil = 0;
  private fault: RayUnavailableError | undefined;

  constructor(client: RayClient) {
    this.client = client;
  }

  /**
   * Asks the cluster, unless it has just failed.
   *
   * @throws {RayUnavailableError} also when it was not asked
   */
  async ask<Answer>(question: (client: RayClient) => Promise<Answer>): Promise<Answer> {
    if (this.fault !== undefined && Date.now() < this.pausedUntil) {
      throw this.fault;
    }
    try {
      const answer = await question(this.client);
      this.failures = 0;
      this.fault = undefined;
      return answer;
    } catch (error) {
      if (error instanceof RayUnavailableError && Date.now() >= this.pausedUntil) {
        this.fault = error;
        this.pausedUntil = Date.now() + Math.min(MAX_PAUSE_MS, POLL_INTERVAL_MS * 2 ** this.failures);
        this.failures += 1;
      }
      throw error;
    }
  }

  /** Milliseconds until the next look at a job, when so many jobs are looked at. */
  pollInterval(jobs: number): number {
    return Math.max(POLL_INTERVAL_MS, (jobs * 1000) / POLLS_PER_SECOND);
  }
}
