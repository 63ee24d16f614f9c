import { type Job, type MistralClient, NotFoundError } from "../client";
import type { Inputs } from "../schema/inputs";
import type { Host } from "./host";
import { hasSucceeded, isLost, isTraining } from "./status";

/**
 * Looks for the job of this declaration, so that the same declaration never trains, and never pays, twice: after a crash, a
 * forced replacement, or a `destroy` that retained the model. Nothing in the state can tell: the API is asked.
 *
 * @returns the job that is furthest on, if there is one; the unstarted rest is cancelled
 */
export async function findJob(client: MistralClient, inputs: Inputs, host: Host): Promise<Job | undefined> {
  const { signal } = host;
  const candidates: Job[] = [];
  for await (const job of client.jobs.listAll({ suffix: inputs.suffix as string }, { signal })) {
    if (job.suffix !== inputs.suffix || isLost(job.status)) continue;
    if (!(await isOurs(client, job, inputs, signal))) continue;
    if (hasSucceeded(job.status) && !(await reviveModel(client, job, signal))) continue;
    candidates.push(job);
  }
  const [best, ...rest] = candidates.sort(furthestFirst);
  if (!best || rest.length === 0) return best;
  host.say(
    inputs.__urn,
    `several jobs stand for this declaration: ${candidates.map(({ id, status }) => `${id} (${status})`).join(", ")}. ` +
      `Going on with ${best.id}; those that have not been started are cancelled, the others are left as they are.`,
    "warning",
  );
  for (const job of rest) {
    if (progress(job) === 0) await client.jobs.cancel(job.id, { signal });
  }
  return best;
}

/**
 * The hash in an automatic suffix is the whole comparison: servers echo defaults and resolve aliases, so comparing fields would
 * miss, and a miss pays twice. An explicit suffix may be anybody's: there the identity stands in the name of an uploaded file.
 */
async function isOurs(client: MistralClient, job: Job, inputs: Inputs, signal: AbortSignal): Promise<boolean> {
  if (inputs.__suffix !== "user") return true;
  const uploads = [...(inputs.trainingFiles ?? []), ...(inputs.validationFiles ?? [])].filter((file) => !file.fileId);
  if (uploads.length === 0) {
    throw new Error(
      `fine-tuning job ${job.id} (${job.status}) has the suffix "${inputs.suffix}" already, and nothing tells whether it is ` +
        "the job of this declaration: set `adopt` to its id to take it over, or change the suffix",
    );
  }
  for (const id of [...(job.training_files ?? []), ...(job.validation_files ?? [])]) {
    const file = await ifFound(client.files.get(id, { signal }));
    if (file?.filename?.includes(inputs.__identity as string)) return true;
  }
  return false;
}

/** Whether the job's model still stands; an archived one is brought back. */
async function reviveModel(client: MistralClient, job: Job, signal: AbortSignal): Promise<boolean> {
  if (!job.fine_tuned_model) return false;
  const model = await ifFound(client.models.get(job.fine_tuned_model, { signal }));
  if (model?.archived) await client.models.unarchive(model.id, { signal });
  return model !== undefined;
}

/** A reply, or undefined when the API has no such thing. */
export async function ifFound<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

const progress = ({ status }: Job) => (hasSucceeded(status) ? 2 : isTraining(status) ? 1 : 0);

const furthestFirst = (a: Job, b: Job) => progress(b) - progress(a) || (b.created_at ?? 0) - (a.created_at ?? 0);
