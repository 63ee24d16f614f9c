import { type RayClient, RayUnavailableError } from "./rayClient";

/** The shortest poll interval of a job, and the pause after a first failed request. In milliseconds. */
const POLL_INTERVAL_MS = 1000;

/** The longest pause after consecutive failures. In milliseconds. */
const MAX_PAUSE_MS = 30_000;

/** Maximum number of polls per second, for all jobs together. */
const POLLS_PER_SECOND = 20;

/**
 * A Ray client with exponential backoff. All jobs share the backoff, so that they do not overload a failing cluster.
 */
export class RayClientWithBackoff {
  private readonly client: RayClient;
  private failures = 0;
  /** A time of `performance.now()`: a clock that is set back must not make the pause longer. */
  private pausedUntil = 0;
  private fault: RayUnavailableError | undefined;

  constructor(client: RayClient) {
    this.client = client;
  }

  /**
   * Sends a request to the cluster.
   *
   * @throws {RayUnavailableError} when the cluster is unavailable. During the backoff, throws without sending a request.
   */
  async send<Answer>(request: (client: RayClient) => Promise<Answer>): Promise<Answer> {
    if (this.fault !== undefined && performance.now() < this.pausedUntil) {
      throw this.fault;
    }
    try {
      const answer = await request(this.client);
      this.failures = 0;
      this.fault = undefined;
      return answer;
    } catch (error) {
      if (error instanceof RayUnavailableError && performance.now() >= this.pausedUntil) {
        this.fault = error;
        this.pausedUntil = performance.now() + Math.min(MAX_PAUSE_MS, POLL_INTERVAL_MS * 2 ** this.failures);
        this.failures += 1;
      }
      throw error;
    }
  }

  /** Returns the milliseconds between two polls of one job. @param jobs the number of jobs that are polled */
  pollInterval(jobs: number): number {
    return Math.max(POLL_INTERVAL_MS, (jobs * 1000) / POLLS_PER_SECOND);
  }
}
