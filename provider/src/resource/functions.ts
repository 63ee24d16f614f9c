import * as pulumi from "@pulumi/pulumi";
import type { JobFilters } from "../client";
import type { FunctionHost } from "../lifecycle/functions/onServer";
import { processEnvironment } from "../lifecycle/runtime/host";
import type { Connection as ConnectionSettings, JobOutputs, ModelResult } from "./types.generated";

/** A job on the server, managed by Pulumi or not. */
export interface FineTuningJobResult extends JobOutputs {
  /** The base model. */
  model: string;
  /** Suffix in the fine-tuned model's name. */
  suffix?: string | undefined;
}

export interface GetFineTuningJobArgs {
  /** ID of the job. */
  jobId: string;
  /** Server that has the job, and its API key. Default: the stack's config, then the environment. */
  connection?: ConnectionSettings;
}

export interface GetFineTuningJobsArgs extends Omit<JobFilters, "created_after" | "created_before" | "created_by_me"> {
  /** Server to query, and its API key. Default: the stack's config, then the environment. */
  connection?: ConnectionSettings;
}

export interface GetModelArgs {
  /** ID of the model: a job's `fineTunedModel`, or the name of a base model. */
  modelId: string;
  /** Server that has the model, and its API key. Default: the stack's config, then the environment. */
  connection?: ConnectionSettings;
}

/**
 * Returns a job by its ID.
 *
 * @throws NotFoundError when the job does not exist on the server
 * @example
 * const job = await getFineTuningJob({ jobId: "b888f774-3e7c-4135-a18c-6b985523c4bc" });
 */
export async function getFineTuningJob({ jobId, connection }: GetFineTuningJobArgs): Promise<FineTuningJobResult> {
  return jobs().getFineTuningJob({ jobId, connection }, programHost());
}

/** Like `getFineTuningJob`, for arguments that are outputs of other resources. */
export function getFineTuningJobOutput(
  args: pulumi.Inputs & { jobId: pulumi.Input<string> },
): pulumi.Output<FineTuningJobResult> {
  return pulumi.output(args).apply((known) => getFineTuningJob(known as GetFineTuningJobArgs));
}

/**
 * Returns the jobs that match all filters, newest first.
 *
 * @example
 * const done = await getFineTuningJobs({ status: "SUCCESS", model: "open-mistral-7b" });
 */
export async function getFineTuningJobs({
  connection,
  ...filters
}: GetFineTuningJobsArgs = {}): Promise<FineTuningJobResult[]> {
  return jobs().findJobs(filters, { connection }, programHost());
}

/**
 * Returns a model by its ID: a fine-tuned model or a base model.
 *
 * @throws NotFoundError when the model does not exist on the server
 * @example
 * const model = await getModel({ modelId: "ft:open-mistral-7b:support:20260101:b888f774" });
 * if (model.archived) console.log(`${model.name} is archived`);
 */
export async function getModel({ modelId, connection }: GetModelArgs): Promise<ModelResult> {
  return models().getModel({ modelId, connection }, programHost());
}

/** Like `getModel`, for arguments that are outputs of other resources. */
export function getModelOutput(args: pulumi.Inputs & { modelId: pulumi.Input<string> }): pulumi.Output<ModelResult> {
  return pulumi.output(args).apply((known) => getModel(known as GetModelArgs));
}

// Loaded on demand, because loading the client is slow and most programs never need it.
const jobs = () => require("../lifecycle/functions/jobs") as typeof import("../lifecycle/functions/jobs");
const models = () => require("../lifecycle/functions/model") as typeof import("../lifecycle/functions/model");

/** The program's own process. Pulumi stops it with a signal, so nothing has to be aborted. */
function programHost(): FunctionHost {
  const config = new pulumi.Config("mistral");
  return {
    config: async () => (key) => config.get(key),
    environment: processEnvironment,
    log: (_urn, message) => void pulumi.log.warn(message),
    signal: new AbortController().signal,
  };
}
