import { stringify } from "safe-stable-stringify";
import { hasSucceeded, isLost, isUnstarted } from "#common";
import type { Job, MistralClient, Model } from "../../client";
import type { Inputs } from "../../schema/inputs";
import { undefinedIfNotFound } from "../connection/notFound";
import type { Host } from "../runtime/host";
import { cancelUnlessEnded } from "./cancel";
import { fileIdsOf } from "./fileIds";
import { findModel, modelMissingReason, unarchiveModel } from "./model";

/**
 * Looks for the job of this declaration, so that the same declaration never trains, and never pays, twice: after a crash, a
 * forced replacement, or a `destroy` that retained the model. Nothing in the state can tell: the API is asked.
 *
 * @param knownId id of a job that is known to be of this declaration
 * @returns the job that is furthest on, if there is one; the unstarted rest is cancelled
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
    `several jobs stand for this declaration: ${existing.map(({ job }) => `${job.id} (${job.status})`).join(", ")}. ` +
      `Going on with ${furthest.job.id}; those that have not been started are cancelled, the others are left as they are.`,
    "warning",
  );
  for (const { job } of others) {
    // Lists may lag: what another process has started in the meantime is paid for already.
    const now = await undefinedIfNotFound(client.jobs.get(job.id, { signal }));
    if (now && rank(now) === 0) await cancelUnlessEnded(client, job.id, signal);
  }
  return furthest.job;
}

/** The jobs that stand for this declaration, the one that is furthest on first. Changes nothing. */
export async function existingJobs(
  client: MistralClient,
  inputs: Inputs,
  host: Pick<Host, "clock">,
  signal: AbortSignal,
  knownId?: string,
): Promise<ExistingJob[]> {
  // By id: while pages are walked, a new job elsewhere may show one of them twice.
  const found = new Map<string, ExistingJob>();
  for await (const job of client.jobs.listAll({ suffix: inputs.suffix as string }, { signal })) {
    if (job.suffix !== inputs.suffix || isLost(job.status)) continue;
    const model = hasSucceeded(job.status) ? await availableModel(client, job, host, signal) : undefined;
    if (hasSucceeded(job.status) && !model) continue;
    if (job.id === knownId || (await isSameDeclaration(client, job, inputs, signal))) found.set(job.id, { job, model });
  }
  // Lists have the newest first. Among equals the oldest is chosen, by the list's order and not by times, which are whole
  // seconds: processes that create at the same time must come to the same choice, and none created later may win.
  return [...found.values()].reverse().sort((a, b) => rank(b.job) - rank(a.job));
}

interface ExistingJob {
  job: Job;
  /** Of a job that has succeeded. */
  model: Model | undefined;
}

/**
 * The hash in an automatic suffix is the whole comparison: servers echo defaults and resolve aliases, so comparing fields would
 * miss, and a miss pays twice. An explicit suffix may be anybody's: there the identity stands in the name of an uploaded file.
 */
async function isSameDeclaration(
  client: MistralClient,
  job: Job,
  inputs: Inputs,
  signal: AbortSignal,
): Promise<boolean> {
  if (inputs.__suffix !== "user") return true;
  const uploads = [...(inputs.trainingFiles ?? []), ...(inputs.validationFiles ?? [])].filter((file) => !file.fileId);
  if (uploads.length === 0) {
    const declared = (inputs.trainingFiles ?? []).map((file) => file.fileId);
    if (stringify(declared) !== stringify(job.training_files)) return false;
    throw new Error(
      `fine-tuning job ${job.id} (${job.status}) has the suffix "${inputs.suffix}" already, and nothing tells whether it is ` +
        "the job of this declaration: set `adopt` to its id to take it over, or change the suffix",
    );
  }
  for (const id of fileIdsOf(job)) {
    const file = await undefinedIfNotFound(client.files.get(id, { signal }));
    if (file?.filename?.includes(inputs.__identity as string)) return true;
  }
  return false;
}

/** The model of a job that has succeeded, while it stands. */
async function availableModel(
  client: MistralClient,
  job: Job,
  host: Pick<Host, "clock">,
  signal: AbortSignal,
): Promise<Model | undefined> {
  // A list may leave the model out; only the job itself can say that there is none.
  const id = job.fine_tuned_model ?? (await client.jobs.get(job.id, { signal })).fine_tuned_model;
  if (!id) throw new Error(modelMissingReason(job.id));
  return findModel(client, id, job, host, signal);
}

/** A status that nobody has heard of counts as started: such a job may cost money, and is not cancelled. */
const rank = ({ status }: Job) => (hasSucceeded(status) ? 2 : isUnstarted(status) ? 0 : 1);
