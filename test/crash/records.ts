import { type DetailedJob, type File, isTerminal, type MistralClient } from "../../provider/src/client";
import type { Passed } from "../support/faultProxy";
import { duplicate, type Finding } from "./verdict";

/** What the server itself has recorded. */
export interface Records {
  jobs: DetailedJob[];
  files: File[];
}

/** @param suffix of the jobs, and part of the files' names, where the server has others too */
export async function recordsOf(
  client: MistralClient,
  { suffix, file }: { suffix?: string; file?: string } = {},
): Promise<Records> {
  const jobs: DetailedJob[] = [];
  for await (const { id } of client.jobs.listAll({ suffix })) jobs.push(await client.jobs.get(id));
  const files: File[] = [];
  for await (const each of client.files.listAll({ search: file })) files.push(each);
  return { jobs, files };
}

/** Whether the training of a job was ever started, and so paid for. */
export const wasStarted = (job: DetailedJob) =>
  (job.events ?? []).some(({ data }) => (data as { status?: string } | undefined)?.status === "STARTED");

/** Whether the provider was given the id of a new job: from then on it must not be lost. */
export const wasToldOfJob = (passed: readonly Passed[]) =>
  passed.some(
    ({ template, delivered, status = 500 }) => template === "POST /v1/fine_tuning/jobs" && delivered && status < 300,
  );

/** Everything that stands more than once for one declaration. */
export function duplicatesIn({ jobs, files }: Records): Finding[] {
  const started = jobs.filter(wasStarted);
  const resting = jobs.filter((job) => !wasStarted(job) && !isTerminal(job.status));
  return [
    ...(started.length > 1 ? [duplicate(`${started.length} jobs were started: ${started.map(describe)}`)] : []),
    ...(resting.length > 0 && started.length > 0
      ? [duplicate(`besides the one that was started these rest: ${resting.map(describe)}`)]
      : []),
    ...(files.length > 1 ? [duplicate(`the upload stands ${files.length} times`)] : []),
  ];
}

const describe = ({ id, status }: DetailedJob) => `${id} (${status})`;
