import type { SummaryFigures } from "../../domain/evaluation";
import type { Job } from "../../domain/job";
import { SIMULATED } from "../../domain/trainer";
import type { SummarizedEvaluations } from "../../store/evaluations";

/** The figures of a model, and the step of its checkpoint. */
type MeasuredReply = SummaryFigures & { step: number };

/** What the training has changed, measured on the validation data. An extension of the API, in jobs. */
export interface EvaluationReply {
  base?: MeasuredReply;
  tuned?: MeasuredReply;
  /** Positive: the tuned model is better. Only figures that both models have. */
  improvement?: Partial<Record<(typeof COMPARED)[number], number>>;
  /** Which checkpoint is the model. */
  kept: "best" | "last";
  /** The figures are made up. */
  simulated?: true;
}

const COMPARED = ["valid_loss", "valid_mean_token_accuracy", "accuracy", "f1"] as const;

/** A difference of two figures has no more digits than these. */
const DIGITS = 9;

/** Returns undefined for a job without figures. */
export function evaluationReply(
  { spec, trainer }: Pick<Job, "spec" | "trainer">,
  { base, tuned }: SummarizedEvaluations = {},
): EvaluationReply | undefined {
  if (base === undefined && tuned === undefined) return undefined;
  return {
    ...(base && { base: { step: base.step, ...base.figures } }),
    ...(tuned && { tuned: { step: tuned.step, ...tuned.figures } }),
    ...(base && tuned && { improvement: improvementOf(base.figures, tuned.figures) }),
    kept: spec.kept ?? "last",
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
