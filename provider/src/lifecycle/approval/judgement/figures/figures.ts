import type { ApprovalFigures, ApprovalInputs, ModelFigures } from "../../../../schema/approval";
import type { Connection } from "../../../connection/connect";
import { checkpointsOf } from "../../../job/history";
import type { Host } from "../../../runtime/host";
import { capabilitiesOf } from "../../capabilities";
import type { Candidate } from "../candidate";
import { convertFigures, improvementOf } from "./convert";
import { evaluateOnDemand, NoValidationDataError } from "./onDemand";

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
  const measure = (model: string) => evaluateOnDemand(model, candidate.job, inputs, connection, host, signal);
  const canMeasure = async () => (await capabilitiesOf(connection.client, signal)).features.evaluation_on_demand;
  const figures =
    fromEvaluation(candidate) ??
    ((await canMeasure()) ? await measured(candidate, measure) : undefined) ??
    fromCheckpoint(candidate);
  if (inputs.minImprovement === undefined) return figures;
  if (inputs.baselineModel !== undefined) {
    const known = knownFigures(inputs.baselineModel, candidate, figures);
    if (known === undefined && !(await canMeasure())) throw new Error(noBaselineText(inputs.baselineModel, connection));
    const baseline = known ?? (await measure(inputs.baselineModel)).figures;
    return { ...figures, baseline, improvement: improvementOf(baseline, figures.tuned) };
  }
  if (figures.base === undefined && (await canMeasure())) {
    const base = (await measure(candidate.job.model)).figures;
    return { ...figures, base, improvement: improvementOf(base, figures.tuned) };
  }
  if (figures.base === undefined) throw new Error(noBaseText(candidate, connection));
  return figures;
}

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

/** @returns undefined when the job has no validation data to measure with */
async function measured(
  { model, job }: Candidate,
  measure: (model: string) => ReturnType<typeof evaluateOnDemand>,
): Promise<ApprovalFigures | undefined> {
  if ((job.validation_files ?? []).length === 0) return undefined;
  try {
    const { figures, simulated } = await measure(model);
    return { tuned: figures, source: "onDemand", ...(simulated && { simulated }) };
  } catch (error) {
    if (error instanceof NoValidationDataError) return undefined;
    throw error;
  }
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
