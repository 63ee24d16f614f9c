import { availableParallelism } from "node:os";
import { CheckThreads } from "#data";
import { FairTurns } from "./fairTurns";

/** One core is left for requests. More threads would take the trainings' time. */
const MAX_THREADS = 2;

/** Each inspection keeps some megabytes of its file in memory. */
const MAX_INSPECTIONS = 2;

/** The threads that check the data of all jobs. */
export const dataThreads = new CheckThreads(Math.max(1, Math.min(availableParallelism() - 1, MAX_THREADS)));

const turns = new FairTurns(MAX_INSPECTIONS);

/**
 * Runs an inspection of data when fewer than `MAX_INSPECTIONS` are running, in turn with the other workspaces.
 *
 * @throws the reason of the signal
 */
export async function inTurn<T>(
  workspace: string,
  inspection: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return turns.run(workspace, signal, inspection);
}
