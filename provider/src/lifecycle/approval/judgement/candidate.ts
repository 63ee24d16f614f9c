import { hasFailed, hasSucceeded, visibleText } from "#common";
import type { DetailedJob } from "../../../client";
import type { ApprovalInputs, ApprovalState } from "../../../schema/approval";
import type { Connection } from "../../connection/connect";
import { undefinedIfNotFound } from "../../connection/notFound";
import { isSameServer } from "../../connection/sameServer";
import { modelMissingReason } from "../../job/model";

/** A job that has succeeded, and its model. */
export interface Candidate {
  job: DetailedJob;
  model: string;
}

/** Reads the job to judge. @throws when the job has not succeeded */
export async function readCandidate(
  { jobId }: ApprovalInputs,
  { client, baseUrl }: Connection,
  recorded: Partial<ApprovalState>,
  signal: AbortSignal,
): Promise<Candidate> {
  const job = await undefinedIfNotFound(client.jobs.get(jobId, { signal }));
  if (!job) {
    const elsewhere = isSameServer(recorded, baseUrl)
      ? ""
      : `. The state records the approval on ${recorded.baseUrl}: set mistral:baseUrl (or MISTRAL_BASE_URL) to that server`;
    throw new Error(
      `fine-tuning job ${jobId} does not exist on ${baseUrl}, so its model cannot be approved${elsewhere}`,
    );
  }
  if (!hasSucceeded(job.status)) throw new Error(unfinishedReason(job));
  if (!job.fine_tuned_model) throw new Error(modelMissingReason(job.id));
  return { job, model: job.fine_tuned_model };
}

function unfinishedReason({ id, status }: DetailedJob): string {
  const text = `fine-tuning job ${id} has the status ${visibleText(status)}: only a job that has succeeded can be approved`;
  return hasFailed(status)
    ? `${text}. Fix the job's inputs, and run \`pulumi up\` again`
    : `${text}. Run \`pulumi up\` again after the training; with \`waitForCompletion\`, the job's resource waits for it`;
}
