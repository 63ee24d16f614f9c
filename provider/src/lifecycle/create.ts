import type { Job, MistralClient } from "../client";
import { jobRequest, type UploadedFiles } from "../inputs/request";
import type { Inputs } from "../schema/inputs";
import { pulumiErrorText, withPulumiAdvice } from "./connection/advice";
import { type Connection, connect } from "./connection/connect";
import { isTemporaryFailure } from "./connection/errors";
import { supportedInputs } from "./connection/extensions";
import { adoptJob } from "./job/adopt";
import { converge } from "./job/converge";
import { findExistingJob } from "./job/findExisting";
import { PollInterval } from "./job/pollInterval";
import { DEFAULT_WAIT_SECONDS, type Deadline, withDeadline } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import { InitError } from "./state/initError";
import { type Outputs, toOutputs } from "./state/outputs";
import { uploadFiles } from "./uploads/uploadFiles";

/**
 * Ensures that the declared job exists, and drives it to completion. Adopts an existing job with the same inputs, or uploads
 * the data and creates an unstarted job.
 *
 * @throws InitError for every failure after the job's ID is known
 */
export function create(inputs: Inputs, host: Host): Promise<{ id: string; outputs: Outputs }> {
  return withPulumiAdvice(() =>
    withDeadline(inputs.__timeouts?.create ?? DEFAULT_WAIT_SECONDS, host, async (deadline) => {
      const connection = await connect(inputs, host);
      const job =
        (await adoptExisting(connection, inputs, host, deadline)) ??
        (await uploadAndCreate(connection, inputs, host, deadline));
      host.session.recordReturned(job.id);
      const outputs = await converge(toOutputs(inputs, job, connection.baseUrl), inputs, connection, host, deadline);
      return { id: job.id, outputs };
    }),
  );
}

async function adoptExisting(
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
        `adopted existing fine-tuning job ${job.id} (${job.status}), which has the same inputs: nothing is trained or paid twice. Change \`triggers\` to retrain.`,
        "milestone",
      );
    }
    return job;
  });
}

async function uploadAndCreate(connection: Connection, inputs: Inputs, host: Host, deadline: Deadline): Promise<Job> {
  const { client, baseUrl } = connection;
  const { __urn: urn } = inputs;
  const supported = await explainStop(deadline, () => supportedInputs(client, inputs, host, deadline.signal));
  host.log(urn, `uploading data to ${baseUrl}`, "status");
  const files = await explainStop(deadline, () => uploadFiles(client, inputs, host, deadline.signal));
  const job = await createJob(client, supported, files, host, deadline);
  host.log(urn, `created fine-tuning job ${job.id}`, "milestone");
  return electJob(connection, job, inputs, host, deadline);
}

/** Sends the request once. When the reply is lost, searches for the job, which may exist. */
async function createJob(client: MistralClient, inputs: Inputs, files: UploadedFiles, host: Host, deadline: Deadline) {
  try {
    // Not abortable: once the request is sent, only its reply holds the job's ID.
    return await client.jobs.create(jobRequest(inputs, files));
  } catch (error) {
    if (!isTemporaryFailure(error)) throw error;
    const found = await findExistingJob(client, inputs, host, deadline.signal).catch((failure: Error) => failure);
    if (found && !(found instanceof Error)) return found;
    const lookupFailure = found ? `Searching for the job failed too: ${pulumiErrorText(found)}. ` : "";
    throw new Error(
      `${pulumiErrorText(error)} ${lookupFailure}Run \`pulumi up\` again: if the server created the job, \`pulumi up\` adopts it.`,
      {
        cause: error,
      },
    );
  }
}

/**
 * Elects one job among those that several processes may have created for the same inputs at the same time: a host whose CLI was
 * killed, or a second CI run. No job has been started yet and all processes elect the same job, so only one is paid for. Retries
 * while the server is unavailable.
 */
async function electJob({ client, baseUrl }: Connection, own: Job, inputs: Inputs, host: Host, deadline: Deadline) {
  const pollInterval = new PollInterval(host.clock, inputs.pollInterval);
  try {
    for (;;) {
      try {
        return (await findExistingJob(client, inputs, host, deadline.signal, own.id)) ?? own;
      } catch (error) {
        if (deadline.signal.aborted || !isTemporaryFailure(error)) throw error;
        host.log(
          inputs.__urn,
          `created fine-tuning job ${own.id}; checking for duplicates: ${pulumiErrorText(error)}`,
          "progress",
        );
      }
      await host.clock.sleep(pollInterval.nextMs(), deadline.signal);
    }
  } catch (error) {
    const reason = deadline.reason() ?? pulumiErrorText(error);
    throw new InitError(own.id, toOutputs(inputs, own, baseUrl), `${reason}; ${wasCreated(own.id)}`, {
      cause: error,
    });
  }
}

/** This process has not started the job, so the message does not say that the job runs. */
const wasCreated = (id: string) =>
  `fine-tuning job ${id} was created and its ID is in the state: run \`pulumi up\` to continue`;

/** Runs work that precedes the job's creation. When it is stopped, throws an error saying that no job exists. */
async function explainStop<T>(deadline: Deadline, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    deadline.signal.throwIfAborted();
    return result;
  } catch (error) {
    if (!deadline.reason()) throw error;
    throw new Error(`${deadline.reason()} before the job was created: nothing was started, run \`pulumi up\` again`, {
      cause: error,
    });
  }
}
