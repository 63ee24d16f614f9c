import {
  type EvaluationStage,
  type Keep,
  type SummaryFigures,
  summaryOf,
  type TargetFigures,
} from "../../domain/evaluation";
import type { Job } from "../../domain/job";
import { SIMULATED } from "../../domain/trainer";
import type { SummarizedEvaluations } from "../../store/evaluations";
import type { ModelEvaluation } from "../../store/modelEvaluations";
import { seconds } from "./time";

/** The figures of a model, and the step of its checkpoint. */
type MeasuredReply = SummaryFigures & { step: number };

/** What the training has changed, measured on the validation data. An extension of the API, in jobs. */
export interface EvaluationReply {
  base?: MeasuredReply;
  tuned?: MeasuredReply;
  /** Positive: the tuned model is better. Only figures that both models have. */
  improvement?: Partial<Record<(typeof COMPARED)[number], number>>;
  /** Which checkpoint is the model. Absent while it is unknown: a program may ignore `keep`. */
  kept?: Keep;
  /** The figures are made up. */
  simulated?: true;
}

const COMPARED = ["valid_loss", "valid_mean_token_accuracy", "accuracy", "f1"] as const;

/** A difference of two figures has no more digits than these. */
const DIGITS = 9;

/** Returns undefined for a job without figures. */
export function evaluationReply(
  { spec, trainer, progress }: Pick<Job, "spec" | "trainer" | "progress">,
  { base, tuned }: SummarizedEvaluations = {},
): EvaluationReply | undefined {
  if (base === undefined && tuned === undefined) return undefined;
  const kept = trainer === SIMULATED ? (spec.kept ?? "last") : progress?.keptStep !== undefined && spec.kept;
  return {
    ...(base && { base: { step: base.step, ...base.figures } }),
    ...(tuned && { tuned: { step: tuned.step, ...tuned.figures } }),
    ...(base && tuned && { improvement: improvementOf(base.figures, tuned.figures) }),
    ...(kept && { kept }),
    ...(trainer === SIMULATED && { simulated: true }),
  };
}

function improvementOf(base: SummaryFigures, tuned: SummaryFigures): NonNullable<EvaluationReply["improvement"]> {
  const differences = COMPARED.flatMap((name) => {
    const [before, after] = [base[name], tuned[name]];
    if (before === undefined || after === undefined) return [];
    // A lower loss is better, and a higher share.
    const difference = name === "valid_loss" ? before - after : after - before;
    return [[name, Number(difference.toFixed(DIGITS))]];
  });
  return Object.fromEntries(differences);
}

/**
 * Converts an evaluation on demand to the format of the API. An extension.
 *
 * @param asked what the client has asked for: another job with the same data, or fewer sample answers
 */
export function modelEvaluationReply(
  { sampleAnswers, createdAt, ...evaluation }: ModelEvaluation,
  { jobId, samples }: Pick<ModelEvaluation, "jobId" | "samples"> = evaluation,
) {
  const { id, status, model, figures, reason, trainer } = evaluation;
  return {
    id,
    object: "fine_tuning.evaluation",
    status,
    model,
    job_id: jobId,
    ...(figures && { figures: { ...summaryOf(figures), ...(figures.targets && { targets: figures.targets }) } }),
    ...(sampleAnswers && samples > 0 && { samples: sampleAnswers.slice(0, samples) }),
    ...(reason !== undefined && { reason }),
    ...(trainer === SIMULATED && { simulated: true }),
    created_at: seconds(createdAt),
  };
}

/** Converts the measurements of a job with the figures of its targets. */
export function detailedEvaluationReply(
  evaluation: EvaluationReply,
  targets: Partial<Record<EvaluationStage, TargetFigures[]>>,
) {
  const withTargets = (stage: EvaluationStage) =>
    evaluation[stage] && { [stage]: { ...evaluation[stage], ...(targets[stage] && { targets: targets[stage] }) } };
  return { ...evaluation, ...withTargets("base"), ...withTargets("tuned") };
}
