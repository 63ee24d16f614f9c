import { availableParallelism } from "node:os";
import type PQueue from "p-queue";
import { CheckThreads } from "#data";

/** One core is left for requests. More threads would take the trainings' time. */
const MAX_THREADS = 2;

/** Each inspection keeps some megabytes of its file in memory. */
const MAX_INSPECTIONS = 2;

/** The threads that check the data of all jobs. */
export const dataThreads = new CheckThreads(Math.max(1, Math.min(availableParallelism() - 1, MAX_THREADS)));

let queue: PQueue | undefined;

/**
 * Runs an inspection of data when fewer than `MAX_INSPECTIONS` are running.
 *
 * @throws the reason of the signal
 */
export async function inTurn<T>(inspection: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!queue) {
    const { default: Queue } = require("p-queue") as typeof import("p-queue");
    queue = new Queue({ concurrency: MAX_INSPECTIONS });
  }
  return queue.add(inspection, signal && { signal });
}
