import { type DetailedJob, type File, isTerminal, type MistralClient } from "../../provider/src/client";
import type { RecordedRequest } from "../support/proxiedRequest";
import { duplicate, type Finding } from "./verdict";

/** The jobs and files on the server. */
export interface Records {
  jobs: DetailedJob[];
  files: File[];
}

/**
 * Reads the jobs and files on the server.
 *
 * @param suffix include only jobs with this suffix; default: all jobs
 * @param file include only files whose names contain this text; default: all files
 */
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

/** Whether the training of a job was ever started. Only a started training costs money. */
export const wasStarted = (job: DetailedJob) =>
  (job.events ?? []).some(({ data }) => (data as { status?: string } | undefined)?.status === "STARTED");

/** Whether the provider received the ID of a new job. From then on the ID must not be lost. */
export const receivedJobId = (requests: readonly RecordedRequest[]) =>
  requests.some(
    ({ template, delivered, status = 500 }) => template === "POST /v1/fine_tuning/jobs" && delivered && status < 300,
  );

/**
 * Finds duplicate jobs and uploads.
 *
 * @param expected how many jobs were declared one after the other, and the number of data files
 */
export function duplicatesIn({ jobs, files }: Records, expected = { jobs: 1, uploads: 1 }): Finding[] {
  const started = jobs.filter(wasStarted);
  const unstarted = jobs.filter((job) => !wasStarted(job) && !isTerminal(job.status));
  return [
    ...(started.length > expected.jobs
      ? [duplicate(`${started.length} jobs were started: ${started.map(describe)}`)]
      : []),
    ...(unstarted.length > 0 && started.length > 0
      ? [duplicate(`besides the started job, these unstarted jobs exist: ${unstarted.map(describe)}`)]
      : []),
    ...(files.length > expected.uploads ? [duplicate(`the upload exists ${files.length} times`)] : []),
  ];
}

const describe = ({ id, status }: DetailedJob) => `${id} (${status})`;
