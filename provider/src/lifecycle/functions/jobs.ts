import { withSnakeCaseKeys } from "#common/snakeCase";
import type { Job, JobFilters } from "../../client";
import { workspaceOf } from "../../client/http/workspace";
import type { FunctionArgs, FunctionResult } from "../../schema/functions";
import type { Inputs } from "../../schema/inputs";
import { dashboardOutput, type JobPages, jobPages } from "../page/dashboard";
import { cleanName } from "../state/cleanText";
import { LONGEST_NAME } from "../state/limits";
import { jobOutputs } from "../state/outputs";
import { type FunctionHost, onServer, withNotFoundAdvice } from "./onServer";

type JobResult = FunctionResult<"getFineTuningJob">;

/** @throws NotFoundError when the job does not exist on the server */
export async function getFineTuningJob(
  { jobId, connection }: FunctionArgs<"getFineTuningJob">,
  host: FunctionHost,
): Promise<JobResult> {
  return onServer({ connection }, host, async ({ client, baseUrl }) => {
    const job = await withNotFoundAdvice(
      client.jobs.get(jobId, { signal: host.signal }),
      `Check jobId, and that ${baseUrl} is the server of the job.`,
    );
    const pages = await jobPages(client, workspaceOf(job), { connection }, host.signal);
    return toResult(job, baseUrl, { connection }, pages?.(job.id));
  });
}

export async function listFineTuningJobs(
  { connection, ...filters }: FunctionArgs<"listFineTuningJobs">,
  host: FunctionHost,
): Promise<FunctionResult<"listFineTuningJobs">> {
  return { jobs: await findJobs(withSnakeCaseKeys(filters), { connection }, host) };
}

/** Returns the jobs that match all of the API's filters, newest first. */
export async function findJobs(
  filters: JobFilters,
  args: Pick<Inputs, "connection">,
  host: FunctionHost,
): Promise<JobResult[]> {
  return onServer(args, host, async ({ client, baseUrl }) => {
    const { signal } = host;
    const jobs: JobResult[] = [];
    let pages: JobPages | undefined;
    for await (const job of client.jobs.listAll(filters, { signal })) {
      if (jobs.length === 0) pages = await jobPages(client, workspaceOf(job), args, signal);
      jobs.push(toResult(job, baseUrl, args, pages?.(job.id)));
    }
    return jobs;
  });
}

function toResult(
  job: Job,
  baseUrl: string,
  args: Pick<Inputs, "connection">,
  dashboardUrl: string | undefined,
): JobResult {
  const clean = (text: string) => cleanName(text.slice(0, LONGEST_NAME), args);
  return {
    ...jobOutputs(job, baseUrl, args),
    ...dashboardOutput(dashboardUrl),
    model: clean(job.model),
    ...(job.suffix && { suffix: clean(job.suffix) }),
  };
}
