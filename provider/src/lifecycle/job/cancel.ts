import { ConflictError, type MistralClient } from "../../client";
import { undefinedIfNotFound } from "../connection/notFound";

/** Cancels a job. Also succeeds when the job has already ended or was deleted. */
export async function cancelUnlessEnded(client: MistralClient, id: string, signal: AbortSignal): Promise<void> {
  await undefinedIfNotFound(client.jobs.cancel(id, { signal })).catch((error) => {
    if (!(error instanceof ConflictError)) throw error;
  });
}
