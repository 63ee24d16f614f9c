import * as pulumi from "@pulumi/pulumi";
import type { Job, JobFilters } from "../client";
import type { Connection } from "../lifecycle/connection/connect";
import { processEnvironment } from "../lifecycle/runtime/host";
import type { Connection as ConnectionSettings, JobOutputs } from "./types.generated";

/** A job on the server, managed by Pulumi or not. */
export interface FineTuningJobResult extends JobOutputs {
  /** The base model. */
  model: string;
  /** Suffix in the fine-tuned model's name. */
  suffix?: string;
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

/**
 * Returns a job by its ID.
 *
 * @throws NotFoundError when the job does not exist on the server
 * @example
 * const job = await getFineTuningJob({ jobId: "b888f774-3e7c-4135-a18c-6b985523c4bc" });
 */
export async function getFineTuningJob({ jobId, connection }: GetFineTuningJobArgs): Promise<FineTuningJobResult> {
  return onServer(connection, async ({ client, baseUrl }) =>
    toResult(await client.jobs.get(jobId), baseUrl, connection),
  );
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
  return onServer(connection, async ({ client, baseUrl }) => {
    const jobs: Job[] = [];
    for await (const job of client.jobs.listAll(filters)) {
      jobs.push(job);
    }
    return jobs.map((job) => toResult(job, baseUrl, connection));
  });
}

/** Runs a request. Loads the client on demand, because loading is slow and most programs never need it. */
function onServer<T>(
  connection: ConnectionSettings | undefined,
  request: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { connect } = require("../lifecycle/connection/connect") as typeof import("../lifecycle/connection/connect");
  const { withPulumiAdvice } =
    require("../lifecycle/connection/advice") as typeof import("../lifecycle/connection/advice");
  const config = new pulumi.Config("mistral");
  return withPulumiAdvice(async () => {
    const connected = await connect(
      { connection },
      {
        config: async () => (key) => config.get(key),
        environment: processEnvironment,
      },
    );
    warnOnce(connected.baseUrl);
    return request(connected);
  });
}

const warned = new Set<string>();

function warnOnce(baseUrl: string): void {
  const { unencryptedWarning } =
    require("../lifecycle/connection/unencrypted") as typeof import("../lifecycle/connection/unencrypted");
  const warning = unencryptedWarning(baseUrl);
  if (warning === undefined || warned.has(baseUrl)) return;
  warned.add(baseUrl);
  void pulumi.log.warn(warning);
}

function toResult(job: Job, baseUrl: string, connection: ConnectionSettings | undefined): FineTuningJobResult {
  const { jobOutputs } = require("../lifecycle/state/outputs") as typeof import("../lifecycle/state/outputs");
  const { cleanName } = require("../lifecycle/state/cleanText") as typeof import("../lifecycle/state/cleanText");
  return {
    ...jobOutputs(job, baseUrl, { connection }),
    model: cleanName(job.model, { connection }),
    ...(job.suffix && { suffix: cleanName(job.suffix, { connection }) }),
  };
}
