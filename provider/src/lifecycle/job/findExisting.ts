import { stringify } from "safe-stable-stringify";
import { hasSucceeded, isLost, isUnstarted } from "#common";
import type { Job, MistralClient, Model } from "../../client";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { makeUsable, modelOf, noModel } from "./model";
import { cancelIfPossible, fileIdsOf, ifFound } from "./tolerant";

/**
 * Looks for the job of this declaration, so that the same declaration never trains, and never pays, twice: after a crash, a
 * forced replacement, or a `destroy` that retained the model. Nothing in the state can tell: the API is asked.
 *
 * @param own id of a job that is known to be of this declaration
 * @returns the job that is furthest on, if there is one; the unstarted rest is cancelled
 */
export async function findJob(
  client: MistralClient,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
  own?: string,
): Promise<Job | undefined> {
  const candidates = await standingJobs(client, inputs, host, signal, own);
  const [best, ...rest] = candidates;
  if (best?.model) await makeUsable(client, best.model, signal);
  if (!best || rest.length === 0) return best?.job;
  host.say(
    inputs.__urn,
    `several jobs stand for this declaration: ${candidates.map(({ job }) => `${job.id} (${job.status})`).join(", ")}. ` +
      `Going on with ${best.job.id}; those that have not been started are cancelled, the others are left as they are.`,
    "warning",
  );
  for (const { job } of rest) {
    // Lists may lag: what another process has started in the meantime is paid for already.
    const now = await ifFound(client.jobs.get(job.id, { signal }));
    if (now && progress(now) === 0) await cancelIfPossible(client, job.id, signal);
  }
  return best.job;
}

/** The jobs that stand for this declaration, the one that is furthest on first. Changes nothing. */
export async function standingJobs(
  client: MistralClient,
  inputs: Inputs,
  host: Pick<Host, "clock">,
  signal: AbortSignal,
  own?: string,
): Promise<Candidate[]> {
  // By id: while pages are walked, a new job elsewhere may show one of them twice.
  const found = new Map<string, Candidate>();
  for await (const job of client.jobs.listAll({ suffix: inputs.suffix as string }, { signal })) {
    if (job.suffix !== inputs.suffix || isLost(job.status)) continue;
    const model = hasSucceeded(job.status) ? await standingModel(client, job, host, signal) : undefined;
    if (hasSucceeded(job.status) && !model) continue;
    if (job.id === own || (await isOurs(client, job, inputs, signal))) found.set(job.id, { job, model });
  }
  // Lists have the newest first. Among equals the oldest is chosen, by the list's order and not by times, which are whole
  // seconds: processes that create at the same time must come to the same choice, and none created later may win.
  return [...found.values()].reverse().sort((a, b) => progress(b.job) - progress(a.job));
}

interface Candidate {
  job: Job;
  /** Of a job that has succeeded. */
  model: Model | undefined;
}

/**
 * The hash in an automatic suffix is the whole comparison: servers echo defaults and resolve aliases, so comparing fields would
 * miss, and a miss pays twice. An explicit suffix may be anybody's: there the identity stands in the name of an uploaded file.
 */
async function isOurs(client: MistralClient, job: Job, inputs: Inputs, signal: AbortSignal): Promise<boolean> {
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
    const file = await ifFound(client.files.get(id, { signal }));
    if (file?.filename?.includes(inputs.__identity as string)) return true;
  }
  return false;
}

/** The model of a job that has succeeded, while it stands. */
async function standingModel(
  client: MistralClient,
  job: Job,
  host: Pick<Host, "clock">,
  signal: AbortSignal,
): Promise<Model | undefined> {
  // A list may leave the model out; only the job itself can say that there is none.
  const id = job.fine_tuned_model ?? (await client.jobs.get(job.id, { signal })).fine_tuned_model;
  if (!id) throw new Error(noModel(job.id));
  return modelOf(client, id, job, host, signal);
}

/** A status that nobody has heard of counts as started: such a job may cost money, and is not cancelled. */
const progress = ({ status }: Job) => (hasSucceeded(status) ? 2 : isUnstarted(status) ? 0 : 1);
