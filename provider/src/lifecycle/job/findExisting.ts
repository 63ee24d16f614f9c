import { stringify } from "safe-stable-stringify";
import { cannotSucceed, hasSucceeded, isUnstarted } from "#common";
import type { Job, MistralClient, Model } from "../../client";
import type { Inputs } from "../../schema/inputs";
import { undefinedIfNotFound } from "../connection/notFound";
import type { Host } from "../runtime/host";
import { cancelUnlessEnded } from "./cancel";
import { fileIdsOf } from "./fileIds";
import { findModel, modelMissingReason, unarchiveModel } from "./model";

/**
 * Finds the existing job with the same inputs on the server, so that the same inputs never train or pay twice: after a crash, a
 * forced replacement, or a `destroy` that retained the model. In these cases the state does not hold the job.
 *
 * @param knownId ID of a job that is known to belong to this resource
 * @returns the most advanced job, or undefined when there is none; cancels the other unstarted jobs
 */
export async function findExistingJob(
  client: MistralClient,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
  knownId?: string,
): Promise<Job | undefined> {
  const existing = await existingJobs(client, inputs, host, signal, knownId);
  const [furthest, ...others] = existing;
  if (furthest?.model) await unarchiveModel(client, furthest.model, signal);
  if (!furthest || others.length === 0) return furthest?.job;
  host.log(
    inputs.__urn,
    `several jobs have the same inputs: ${existing.map(({ job }) => `${job.id} (${job.status})`).join(", ")}. ` +
      `Continuing with ${furthest.job.id}. Of the other jobs, unstarted ones are cancelled, and started ones keep running.`,
    "warning",
  );
  for (const { job } of others) {
    // Lists may lag: another process may have started the job meanwhile, and a started job is already paid for.
    const now = await undefinedIfNotFound(client.jobs.get(job.id, { signal }));
    if (now && rank(now) === 0) await cancelUnlessEnded(client, job.id, signal);
  }
  return furthest.job;
}

/** Returns the jobs with the same inputs, the most advanced first. Read-only. */
export async function existingJobs(
  client: MistralClient,
  inputs: Inputs,
  host: Pick<Host, "clock">,
  signal: AbortSignal,
  knownId?: string,
): Promise<ExistingJob[]> {
  // Keyed by ID: a job created during pagination shifts the pages, so one job may be listed twice.
  const found = new Map<string, ExistingJob>();
  for await (const job of client.jobs.listAll({ suffix: inputs.suffix as string }, { signal })) {
    if (job.suffix !== inputs.suffix || cannotSucceed(job.status)) continue;
    const model = hasSucceeded(job.status) ? await availableModel(client, job, host, signal) : undefined;
    if (hasSucceeded(job.status) && !model) continue;
    if (job.id === knownId || (await hasSameIdentity(client, job, inputs, signal))) found.set(job.id, { job, model });
  }
  // Lists are newest first. Among jobs of equal rank, prefer the oldest by list order (times are whole seconds): concurrent
  // processes must elect the same job, and a job created later must not win.
  return [...found.values()].reverse().sort((a, b) => rank(b.job) - rank(a.job));
}

interface ExistingJob {
  job: Job;
  /** Set when the job has succeeded. */
  model: Model | undefined;
}

/**
 * Whether a job with the same suffix has the same identity. An automatic suffix contains part of the identity, which is enough. This
 * does not compare fields: servers echo defaults and resolve aliases, so a comparison would not find some jobs, and the user would
 * pay twice. An explicit suffix is not unique. For such a suffix, the file names of the uploads contain the identity.
 */
async function hasSameIdentity(client: MistralClient, job: Job, inputs: Inputs, signal: AbortSignal): Promise<boolean> {
  if (inputs.__suffix !== "user") return true;
  const uploads = [...(inputs.trainingFiles ?? []), ...(inputs.validationFiles ?? [])].filter((file) => !file.fileId);
  if (uploads.length === 0) {
    const declared = (inputs.trainingFiles ?? []).map((file) => file.fileId);
    if (stringify(declared) !== stringify(job.training_files)) return false;
    throw new Error(
      `fine-tuning job ${job.id} (${job.status}) has the same suffix "${inputs.suffix}" and the same files, but the provider cannot ` +
        "decide whether it is the job of this resource. To use this job, set `adopt` to its ID. Otherwise change the suffix.",
    );
  }
  for (const id of fileIdsOf(job)) {
    const file = await undefinedIfNotFound(client.files.get(id, { signal }));
    if (file?.filename?.includes(inputs.__identity as string)) return true;
  }
  return false;
}

/** Returns the model of a job that has succeeded, or undefined when the model was deleted. */
async function availableModel(
  client: MistralClient,
  job: Job,
  host: Pick<Host, "clock">,
  signal: AbortSignal,
): Promise<Model | undefined> {
  // List entries may omit the model, so fetch the job before concluding that it has none.
  const id = job.fine_tuned_model ?? (await client.jobs.get(job.id, { signal })).fine_tuned_model;
  if (!id) throw new Error(modelMissingReason(job.id));
  return findModel(client, id, job, host, signal);
}

/** Ranks a job: 0 unstarted, 1 started, 2 succeeded. An unknown status counts as started: the job may cost money. */
const rank = ({ status }: Job) => (hasSucceeded(status) ? 2 : isUnstarted(status) ? 0 : 1);
