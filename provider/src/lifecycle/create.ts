import { errorText } from "#common";
import type { Job, MistralClient } from "../client";
import { jobRequest, type UploadedFiles } from "../inputs/request";
import type { Inputs } from "../schema/inputs";
import { type Connection, connect } from "./connection/connect";
import { isPassing } from "./connection/errors";
import { adoptJob } from "./job/adopt";
import { converge, goesOn } from "./job/converge";
import { findJob } from "./job/findExisting";
import { Pace } from "./job/pollInterval";
import { DEFAULT_WAIT_SECONDS, type Limit, limited } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import { InitError } from "./state/initError";
import { type Outputs, toOutputs } from "./state/outputs";
import { uploadFiles } from "./uploads/uploadFiles";

/**
 * Sees to it that the declared job exists, and takes it to its end: adopts the one that stands for this declaration already, or
 * uploads the data and creates one, unstarted.
 *
 * @throws InitError from the moment the job's id is known
 */
export function create(inputs: Inputs, host: Host): Promise<{ id: string; outputs: Outputs }> {
  return limited(inputs.__timeouts?.create ?? DEFAULT_WAIT_SECONDS, host, async (limit) => {
    const connection = await connect(inputs, host);
    const job = (await existing(connection, inputs, host, limit)) ?? (await submit(connection, inputs, host, limit));
    host.session.returned(job.id);
    const outputs = await converge(toOutputs(inputs, job, connection.baseUrl), inputs, connection, host, limit);
    return { id: job.id, outputs };
  });
}

async function existing({ client }: Connection, inputs: Inputs, host: Host, limit: Limit): Promise<Job | undefined> {
  const { __urn: urn, adopt } = inputs;
  return unlessStopped(limit, async () => {
    if (adopt !== undefined) {
      const job = await adoptJob(client, inputs, host, limit.signal);
      host.say(urn, `adopted fine-tuning job ${job.id} (${job.status})`, "milestone");
      return job;
    }
    const job = await findJob(client, inputs, host, limit.signal);
    if (job) {
      host.say(
        urn,
        `took over fine-tuning job ${job.id} (${job.status}): it was created for this very declaration, so nothing is trained or paid twice. Change \`triggers\` to train again.`,
        "milestone",
      );
    }
    return job;
  });
}

async function submit(connection: Connection, inputs: Inputs, host: Host, limit: Limit): Promise<Job> {
  const { client, baseUrl } = connection;
  const { __urn: urn } = inputs;
  host.say(urn, `uploading data to ${baseUrl}`, "status");
  const files = await unlessStopped(limit, () => uploadFiles(client, inputs, host, limit.signal));
  const job = await createJob(client, inputs, files, host, limit);
  host.say(urn, `created fine-tuning job ${job.id}`, "milestone");
  return elected(connection, job, inputs, host, limit);
}

/** Sends the request once. Where its answer is lost the job may exist, and is looked for. */
async function createJob(client: MistralClient, inputs: Inputs, files: UploadedFiles, host: Host, limit: Limit) {
  try {
    // Without the signal: once the request is out, its answer holds the id that must not be lost.
    return await client.jobs.create(jobRequest(inputs, files));
  } catch (error) {
    if (!isPassing(error)) throw error;
    const found = await findJob(client, inputs, host, limit.signal).catch((failure: Error) => failure);
    if (found && !(found instanceof Error)) return found;
    const look = found ? `It could not be looked for: ${errorText(found)}. ` : "";
    throw new Error(`${errorText(error)} ${look}Run \`pulumi up\` again: if the job was created, it is taken over.`, {
      cause: error,
    });
  }
}

/**
 * Another process may have created a job for this declaration at the same time: a host whose CLI was killed, a second CI run.
 * Nothing has been started yet, so all of them choose the same one here, and none is paid twice. That is worth waiting for a
 * server that cannot say just now.
 */
async function elected({ client, baseUrl }: Connection, own: Job, inputs: Inputs, host: Host, limit: Limit) {
  const pace = new Pace(host.clock, inputs.pollInterval);
  try {
    for (;;) {
      try {
        return (await findJob(client, inputs, host, limit.signal, own.id)) ?? own;
      } catch (error) {
        if (limit.signal.aborted || !isPassing(error)) throw error;
        host.say(inputs.__urn, `fine-tuning job ${own.id} is created: ${errorText(error)}`, "progress");
      }
      await host.clock.sleep(pace.next(), limit.signal);
    }
  } catch (error) {
    const reason = limit.reason() ?? errorText(error);
    throw new InitError(own.id, toOutputs(inputs, own, baseUrl), `${reason}; ${goesOn(own.id)}`, { cause: error });
  }
}

/** Explains an end before anything was created. */
async function unlessStopped<T>(limit: Limit, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    limit.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (!limit.reason()) throw error;
    throw new Error(`${limit.reason()}, before a job was created: nothing was started, run \`pulumi up\` again`, {
      cause: error,
    });
  }
}
