import { hasSucceeded } from "#common";
import { isTerminal, type Job, type MistralClient } from "../../client";
import { fileIdsOf } from "../job/fileIds";
import type { Session } from "../runtime/host";

/**
 * Returns which of the files other jobs need: all files of an unfinished job, and the validation files of a job whose model can still be
 * evaluated. Jobs that this process has deleted need none, so that the last delete of a `destroy` leaves no file.
 */
export async function filesInUse(
  client: MistralClient,
  fileIds: readonly string[],
  session: Session,
  signal: AbortSignal,
): Promise<Set<string>> {
  const used = new Set<string>();
  const finished: Job[] = [];
  for await (const job of client.jobs.listAll({}, { signal })) {
    if (session.isRemoved(job.id)) continue;
    if (!isTerminal(job.status)) {
      for (const fileId of fileIdsOf(job)) used.add(fileId);
    } else if (hasSucceeded(job.status) && job.validation_files?.some((fileId) => fileIds.includes(fileId))) {
      finished.push(job);
    }
  }
  if (finished.length === 0) return used;
  const { data } = await client.models.list({ signal });
  // An archived model is that of a deleted resource.
  const models = new Set(data.filter(({ archived }) => !archived).map(({ id }) => id));
  for (const { fine_tuned_model: model, validation_files: files = [] } of finished) {
    // A list entry may omit the model.
    if (!model || models.has(model)) for (const fileId of files) used.add(fileId);
  }
  return used;
}
