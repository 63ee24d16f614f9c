import { hasSucceeded } from "#common";
import { workspaceOf } from "../client/http/workspace";
import type { Inputs } from "../schema/inputs";
import { withPulumiAdvice } from "./connection/advice";
import { type Connection, connect } from "./connection/connect";
import { undefinedIfNotFound } from "./connection/notFound";
import { assertSameServer } from "./connection/sameServer";
import { converge } from "./job/converge";
import { ensureModelNamed, findModel, modelDeletedReason, modelMissingReason, unarchiveModel } from "./job/model";
import { withDashboard } from "./page/dashboard";
import { DEFAULT_WAIT_SECONDS, type Deadline, withDeadline } from "./runtime/deadline";
import type { Host } from "./runtime/host";
import { InitError } from "./state/initError";
import { appliedInputs, type Outputs, recordedJob, toOutputs } from "./state/outputs";

/**
 * Applies in-place changes and resumes an unfinished job: resumes an interrupted wait, starts a held job, renames the model. A
 * failed job throws its failure reason until the inputs change.
 *
 * @throws InitError when the job has not reached the declared state
 */
export function update(id: string, olds: Outputs, news: Inputs, host: Host): Promise<Outputs> {
  host.session.recordReturned(id);
  return withPulumiAdvice(() =>
    withDeadline(news.__timeouts?.update ?? DEFAULT_WAIT_SECONDS, host, async (deadline) => {
      const connection = await connect(news, host, olds);
      const known = { ...recordedJob(olds), ...appliedInputs(news, olds.status), jobId: id };
      if (hasSucceeded(olds.status)) return updateModel(known, news, connection, host, deadline);
      return converge(known, news, connection, host, deadline);
    }),
  );
}

/** Updates the model of a finished job. The model may outlive the job's record. */
async function updateModel(
  known: Outputs,
  news: Inputs,
  { client, baseUrl }: Connection,
  host: Host,
  deadline: Deadline,
): Promise<Outputs> {
  const { signal } = deadline;
  const job = await undefinedIfNotFound(client.jobs.get(known.jobId, { signal }));
  if (!job) assertSameServer(known.jobId, known, baseUrl);
  const { modelArchived: _, ...outputs } = job
    ? await withDashboard(toOutputs(news, job, baseUrl, workspaceOf(job) ?? known.__workspace), known, client, signal)
    : known;
  // Keep the recorded model ID when the reply omits it.
  const id = outputs.fineTunedModel ?? known.fineTunedModel;
  if (!id) throw new InitError(known.jobId, outputs, job ? modelMissingReason(job.id) : modelDeletedReason(known));
  const model = await findModel(client, id, job, host, signal);
  if (!model) {
    const { fineTunedModel, ...withoutModel } = outputs;
    throw new InitError(known.jobId, withoutModel, modelDeletedReason({ jobId: known.jobId, fineTunedModel: id }));
  }
  await unarchiveModel(client, model, signal);
  await ensureModelNamed(client, model, news, signal);
  return { ...outputs, fineTunedModel: id };
}
