import {
  type DetailedJob,
  NotFoundError,
  type OnDemandEvaluation,
  ServerError,
  UnprocessableEntityError,
} from "../../../../client";
import { hasEnded } from "../../../../client/evaluations";
import type { ApprovalInputs, ModelFigures } from "../../../../schema/approval";
import { pulumiErrorText } from "../../../connection/advice";
import type { Connection } from "../../../connection/connect";
import { isTemporaryFailure } from "../../../connection/errors";
import { convertFigures } from "../../../evaluation/convert";
import type { Host } from "../../../runtime/host";
import { cleanText } from "../../../state/cleanText";

/** The job has no validation files, or they were deleted. */
export class NoValidationDataError extends Error {}

/** The server cannot measure this model: it was trained by another trainer than the server's current one. */
export class CannotMeasureError extends Error {}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Has the server evaluate a model on the job's validation data, and waits for the figures. The server measures the same model on the
 * same data once, so a repeated request continues the wait.
 *
 * @throws NoValidationDataError when the job has no validation data
 * @throws CannotMeasureError when the server can measure other models only
 */
export async function evaluateOnDemand(
  model: string,
  job: DetailedJob,
  inputs: ApprovalInputs,
  connection: Connection,
  host: Host,
  signal: AbortSignal,
): Promise<{ figures: ModelFigures; simulated: boolean }> {
  const evaluation = await waitFor(await request(model, job, connection, signal), inputs, connection, host, signal);
  if (evaluation.status !== "SUCCESS") {
    const reason = evaluation.reason ? `: ${cleanText(evaluation.reason, inputs)}` : "";
    throw new Error(
      `evaluating ${model} on the validation data of fine-tuning job ${job.id} failed${reason}. Run \`pulumi up\` again: the server then evaluates again`,
    );
  }
  return { figures: convertFigures(evaluation.figures ?? {}), simulated: evaluation.simulated === true };
}

async function request(
  model: string,
  job: DetailedJob,
  { client, baseUrl }: Connection,
  signal: AbortSignal,
): Promise<OnDemandEvaluation> {
  try {
    return await client.evaluations.create({ model, job_id: job.id }, { signal });
  } catch (error) {
    // Any other invalid field is a fault of the request: a model of another type than the job, for example.
    if (error instanceof UnprocessableEntityError && error.param === "job_id") {
      throw new NoValidationDataError(error.message, { cause: error });
    }
    if (error instanceof ServerError && error.status === 501) {
      throw new CannotMeasureError(error.message, { cause: error });
    }
    if (error instanceof NotFoundError) {
      throw new Error(`model ${model} does not exist on ${baseUrl}, so it cannot be evaluated`, { cause: error });
    }
    throw error;
  }
}

/** Polls until the evaluation has ended. Keeps waiting while the server is unreachable. */
async function waitFor(
  first: OnDemandEvaluation,
  inputs: ApprovalInputs,
  { client }: Connection,
  host: Host,
  signal: AbortSignal,
): Promise<OnDemandEvaluation> {
  let evaluation = first;
  for (let pauseMs = FIRST_PAUSE_MS; !hasEnded(evaluation); pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    host.log(inputs.__urn, `evaluating ${first.model ?? "the model"} (${evaluation.status})`, "status");
    await host.clock.sleep(pauseMs, signal);
    try {
      evaluation = await client.evaluations.get(first.id, { signal });
    } catch (error) {
      if (signal.aborted || !isTemporaryFailure(error)) throw error;
      host.log(inputs.__urn, `waiting for the evaluation: ${pulumiErrorText(error)}`, "progress");
    }
  }
  return evaluation;
}
