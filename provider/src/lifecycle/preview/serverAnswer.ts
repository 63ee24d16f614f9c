import { formatAmount, isUnstarted } from "#common";
import type { TrainingRule } from "#common/trainingRule";
import type { Job, JobMetadata, MistralClient } from "../../client";
import { jobRequest } from "../../inputs/request";
import type { Inputs } from "../../schema/inputs";
import { pulumiErrorText } from "../connection/advice";
import type { Connection } from "../connection/connect";
import { isTemporaryFailure } from "../connection/errors";
import { existingJobs } from "../job/findExisting";
import { withDeadline } from "../runtime/deadline";
import type { Host } from "../runtime/host";
import { findUploads } from "../uploads/uploadFiles";
import { publishedRule } from "./publishedRule";

/** Timeout of the server's answer: a preview must not hang on a slow or unreachable server. */
const ANSWER_WITHIN_SECONDS = 10;

/** The server's information about a job that is not in the state. */
export interface ServerAnswer {
  /** Message about an existing job with the same inputs. */
  existing?: string;
  /** Result of a dry run; undefined if the server lacks some of the data. */
  dryRun?: JobMetadata | undefined;
  /** The server's rule for the size of trainings; undefined after a dry run, or if the server publishes no rule. */
  rule?: TrainingRule | undefined;
  /** Why the server gave no answer. */
  reason?: string;
}

/** Servers that did not answer, with the reason. They are not asked again: a preview of 100 jobs would time out 100 times. */
const unresponsiveServers = new WeakMap<MistralClient, string>();

/** Queries the server with read-only requests. On any failure, the preview continues without the server's answer. */
export function askServer({ client }: Connection, inputs: Inputs, host: Host): Promise<ServerAnswer> {
  const reason = unresponsiveServers.get(client);
  if (reason) return Promise.resolve({ reason });
  return withDeadline(ANSWER_WITHIN_SECONDS, host, async ({ signal }): Promise<ServerAnswer> => {
    try {
      const [existing] = await existingJobs(client, inputs, host, signal);
      if (existing) return { existing: existingJobText(existing.job) };
      const files = await findUploads(client, inputs, signal);
      return files
        ? { dryRun: await client.jobs.estimate(jobRequest(inputs, files), { signal }) }
        : { rule: await publishedRule(client, inputs.model, signal) };
    } catch (error) {
      const reason = signal.aborted
        ? `no answer from the server within ${ANSWER_WITHIN_SECONDS} seconds`
        : pulumiErrorText(error);
      if (signal.aborted || isTemporaryFailure(error)) unresponsiveServers.set(client, reason);
      return { reason };
    }
  });
}

function existingJobText({ id, status, metadata }: Job): string {
  const text = `fine-tuning job ${id} (${status}) has the same inputs: \`pulumi up\` adopts it`;
  if (!isUnstarted(status)) return `${text}. Nothing is trained or paid again`;
  if (metadata?.cost === undefined) return `${text}. The job has not been started yet`;
  return `${text}. Starting the job costs ${formatAmount(metadata.cost)} ${metadata.cost_currency ?? ""}`;
}
