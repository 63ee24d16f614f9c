import type { Job } from "../client";
import { jobRequest } from "../inputs/request";
import type { Inputs } from "../schema/inputs";
import { type Connection, connect } from "./connection";
import { converge } from "./converge";
import { findJob } from "./findJob";
import type { Host } from "./host";
import { type Outputs, toOutputs } from "./outputs";
import { uploadFiles } from "./upload";

const DAY_SECONDS = 86_400;

/**
 * Sees to it that the declared job exists, and takes it to its end: adopts the one that stands for this declaration already, or
 * uploads the data and creates one, unstarted.
 *
 * @throws InitError from the moment the job's id is known
 */
export async function create(inputs: Inputs, host: Host): Promise<{ id: string; outputs: Outputs }> {
  const connection = await connect(inputs, host);
  const job = await ensureJob(connection, inputs, host);
  host.session.returned(job.id);
  const known = toOutputs(inputs, job, connection.baseUrl);
  const outputs = await converge(known, inputs, connection, host, inputs.__timeouts?.create ?? DAY_SECONDS);
  return { id: job.id, outputs };
}

async function ensureJob(connection: Connection, inputs: Inputs, host: Host): Promise<Job> {
  try {
    return (await existing(connection, inputs, host)) ?? (await submit(connection, inputs, host));
  } catch (error) {
    if (!host.signal.aborted) throw error;
    throw new Error("interrupted before a job was created: nothing was started, run `pulumi up` again", {
      cause: error,
    });
  }
}

async function existing({ client }: Connection, inputs: Inputs, host: Host): Promise<Job | undefined> {
  const { __urn: urn, adopt } = inputs;
  if (adopt !== undefined) {
    const job = await client.jobs.get(adopt, { signal: host.signal });
    host.say(urn, `adopted fine-tuning job ${job.id} (${job.status})`, "milestone");
    return job;
  }
  const job = await findJob(client, inputs, host);
  if (job) {
    host.say(
      urn,
      `took over fine-tuning job ${job.id} (${job.status}): it was created for this very declaration, so nothing is trained or paid twice. Change \`triggers\` to train again.`,
      "milestone",
    );
  }
  return job;
}

async function submit({ client, baseUrl }: Connection, inputs: Inputs, host: Host): Promise<Job> {
  const { __urn: urn } = inputs;
  const { signal } = host;
  host.say(urn, `uploading data to ${baseUrl}`, "status");
  const files = await uploadFiles(client, inputs, signal);
  signal.throwIfAborted();
  // Without the signal: once the request is out, its answer holds the id that must not be lost.
  const job = await client.jobs.create(jobRequest(inputs, files));
  host.say(urn, `created fine-tuning job ${job.id}`, "milestone");
  return job;
}
