import type { Job, MistralClient } from "../client";
import { jobRequest, type UploadedFiles } from "../inputs/request";
import type { Inputs } from "../schema/inputs";
import { pulumiErrorText, withPulumiAdvice } from "./connection/advice";
import { type Connection, connect } from "./connection/connect";
import { isTemporaryFailure } from "./connection/errors";
import { adoptJob } from "./job/adopt";
import { converge, keepsRunning } from "./job/converge";
import { findExistingJob } from "./job/findExisting";
import { PollInterval } from "./job/pollInterval";
import { DEFAULT_WAIT_SECONDS, type Deadline, withDeadline } from "./runtime/deadline";
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
  return withPulumiAdvice(() =>
    withDeadline(inputs.__timeouts?.create ?? DEFAULT_WAIT_SECONDS, host, async (deadline) => {
      const connection = await connect(inputs, host);
      const job =
        (await adoptOrTakeOver(connection, inputs, host, deadline)) ??
        (await uploadAndCreate(connection, inputs, host, deadline));
      host.session.recordReturned(job.id);
      const outputs = await converge(toOutputs(inputs, job, connection.baseUrl), inputs, connection, host, deadline);
      return { id: job.id, outputs };
    }),
  );
}

async function adoptOrTakeOver(
  { client }: Connection,
  inputs: Inputs,
  host: Host,
  deadline: Deadline,
): Promise<Job | undefined> {
  const { __urn: urn, adopt } = inputs;
  return explainStop(deadline, async () => {
    if (adopt !== undefined) {
      const job = await adoptJob(client, inputs, host, deadline.signal);
      host.log(urn, `adopted fine-tuning job ${job.id} (${job.status})`, "milestone");
      return job;
    }
    const job = await findExistingJob(client, inputs, host, deadline.signal);
    if (job) {
      host.log(
        urn,
        `took over fine-tuning job ${job.id} (${job.status}): it was created for this very declaration, so nothing is trained or paid twice. Change \`triggers\` to train again.`,
        "milestone",
      );
    }
    return job;
  });
}

async function uploadAndCreate(connection: Connection, inputs: Inputs, host: Host, deadline: Deadline): Promise<Job> {
  const { client, baseUrl } = connection;
  const { __urn: urn } = inputs;
  host.log(urn, `uploading data to ${baseUrl}`, "status");
  const files = await explainStop(deadline, () => uploadFiles(client, inputs, host, deadline.signal));
  const job = await createJob(client, inputs, files, host, deadline);
  host.log(urn, `created fine-tuning job ${job.id}`, "milestone");
  return electJob(connection, job, inputs, host, deadline);
}

/** Sends the request once. Where its answer is lost the job may exist, and is looked for. */
async function createJob(client: MistralClient, inputs: Inputs, files: UploadedFiles, host: Host, deadline: Deadline) {
  try {
    // Without the signal: once the request is out, its answer holds the id that must not be lost.
    return await client.jobs.create(jobRequest(inputs, files));
  } catch (error) {
    if (!isTemporaryFailure(error)) throw error;
    const found = await findExistingJob(client, inputs, host, deadline.signal).catch((failure: Error) => failure);
    if (found && !(found instanceof Error)) return found;
    const lookupFailure = found ? `It could not be looked for: ${pulumiErrorText(found)}. ` : "";
    throw new Error(
      `${pulumiErrorText(error)} ${lookupFailure}Run \`pulumi up\` again: if the job was created, it is taken over.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Another process may have created a job for this declaration at the same time: a host whose CLI was killed, a second CI run.
 * Nothing has been started yet, so all of them choose the same one here, and none is paid twice. That is worth waiting for a
 * server that cannot say just now.
 */
async function electJob({ client, baseUrl }: Connection, own: Job, inputs: Inputs, host: Host, deadline: Deadline) {
  const pollInterval = new PollInterval(host.clock, inputs.pollInterval);
  try {
    for (;;) {
      try {
        return (await findExistingJob(client, inputs, host, deadline.signal, own.id)) ?? own;
      } catch (error) {
        if (deadline.signal.aborted || !isTemporaryFailure(error)) throw error;
        host.log(inputs.__urn, `fine-tuning job ${own.id} is created: ${pulumiErrorText(error)}`, "progress");
      }
      await host.clock.sleep(pollInterval.nextMs(), deadline.signal);
    }
  } catch (error) {
    const reason = deadline.reason() ?? pulumiErrorText(error);
    throw new InitError(own.id, toOutputs(inputs, own, baseUrl), `${reason}; ${keepsRunning(own.id)}`, {
      cause: error,
    });
  }
}

/** Explains an end before anything was created. */
async function explainStop<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    deadline.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (!deadline.reason()) throw error;
    throw new Error(`${deadline.reason()}, before a job was created: nothing was started, run \`pulumi up\` again`, {
      cause: error,
    });
  }
}
