import { ConflictError, type Job, type MistralClient, NotFoundError } from "../../client";

/** A reply, or undefined when the API has no such thing. */
export async function ifFound<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Cancels a job, unless it has ended or gone in the meantime. */
export async function cancelIfPossible(client: MistralClient, id: string, signal: AbortSignal): Promise<void> {
  await ifFound(client.jobs.cancel(id, { signal })).catch((error) => {
    if (!(error instanceof ConflictError)) throw error;
  });
}

/** All files that a job is trained and validated on. */
export function fileIdsOf(job: Job): string[] {
  return [...(job.training_files ?? []), ...(job.validation_files ?? [])];
}
