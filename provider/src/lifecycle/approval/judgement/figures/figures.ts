import type { ApprovalFigures, ApprovalInputs, ModelFigures } from "../../../../schema/approval";
import { capabilitiesOf } from "../../../connection/capabilities";
import type { Connection } from "../../../connection/connect";
import { convertFigures, improvementOf } from "../../../evaluation/convert";
import { checkpointsOf } from "../../../job/history";
import type { Host } from "../../../runtime/host";
import type { Candidate } from "../candidate";
import { CannotMeasureError, evaluateOnDemand, NoValidationDataError } from "./onDemand";

/**
 * Returns the figures of the candidate: those that the job has measured. Else the server measures them, if it can. Else they are the
 * standard metrics of the job's last checkpoint.
 *
 * @throws when the candidate cannot be compared with the base model or `baselineModel`
 */
export async function figuresOf(
  candidate: Candidate,
  inputs: ApprovalInputs,
  connection: Connection,
  host: Host,
  signal: AbortSignal,
): Promise<ApprovalFigures> {
  const measure: Measure = async (model) => {
    if (!(await capabilitiesOf(connection.client, signal)).features.evaluation_on_demand) return "unsupported";
    try {
      return await evaluateOnDemand(model, candidate.job, inputs, connection, host, signal);
    } catch (error) {
      if (error instanceof NoValidationDataError) return "noData";
      if (error instanceof CannotMeasureError) return "unsupported";
      throw error;
    }
  };
  const figures = fromEvaluation(candidate) ?? (await measured(candidate, measure)) ?? fromCheckpoint(candidate);
  if (inputs.minImprovement === undefined) return figures;
  const { baselineModel } = inputs;
  const known = baselineModel === undefined ? figures.base : knownFigures(baselineModel, candidate, figures);
  const compared = known ? { figures: known } : await measure(baselineModel ?? candidate.job.model);
  if (compared === "unsupported") {
    throw new Error(
      baselineModel === undefined ? noBaseText(candidate, connection) : noBaselineText(baselineModel, connection),
    );
  }
  const { improvement: _, ...uncompared } = figures;
  if (compared === "noData") return uncompared;
  return {
    ...uncompared,
    [baselineModel === undefined ? "base" : "baseline"]: compared.figures,
    improvement: improvementOf(compared.figures, figures.tuned),
  };
}

/** Measures a model on the job's validation data. Resolves to a reason when that is impossible. */
type Measure = (model: string) => Promise<Awaited<ReturnType<typeof evaluateOnDemand>> | "noData" | "unsupported">;

function fromEvaluation({ job }: Candidate): ApprovalFigures | undefined {
  const { base, tuned, simulated } = job.evaluation ?? {};
  if (tuned === undefined) return undefined;
  const figures = { tuned: convertFigures(tuned), ...(base && { base: convertFigures(base) }) };
  return {
    ...figures,
    ...(figures.base && { improvement: improvementOf(figures.base, figures.tuned) }),
    source: "evaluation",
    ...(simulated === true && { simulated }),
  };
}

/** @returns undefined when the server cannot measure the model, or the job has no validation data */
async function measured({ model, job }: Candidate, measure: Measure): Promise<ApprovalFigures | undefined> {
  if ((job.validation_files ?? []).length === 0) return undefined;
  const result = await measure(model);
  if (typeof result === "string") return undefined;
  const { figures, simulated } = result;
  return { tuned: figures, source: "onDemand", ...(simulated && { simulated }) };
}

function fromCheckpoint({ job }: Candidate): ApprovalFigures {
  const last = checkpointsOf(job).at(-1);
  return {
    tuned: convertFigures({ ...last?.metrics, ...(last && { step: last.step_number }) }),
    source: "checkpoint",
    ...(job.metadata?.simulated === true && { simulated: true }),
  };
}

/** The baseline may be a model whose figures are already known. */
function knownFigures(
  id: string,
  { job, model }: Candidate,
  { tuned, base }: ApprovalFigures,
): ModelFigures | undefined {
  if (id === model) return tuned;
  return id === job.model ? base : undefined;
}

const noBaselineText = (model: string, { baseUrl }: Connection) =>
  `baselineModel: ${baseUrl} cannot evaluate ${model}, so there is nothing to compare with. Remove baselineModel, or use a server that evaluates models on demand`;

const noBaseText = ({ job }: Candidate, { baseUrl }: Connection) =>
  `minImprovement: the base model was not measured by fine-tuning job ${job.id}, and ${baseUrl} cannot evaluate it, so the improvement is unknown. Use maxValidationLoss or minTokenAccuracy instead`;
