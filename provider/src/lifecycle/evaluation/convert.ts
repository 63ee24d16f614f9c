import type { EvaluationFigures, Job } from "../../client";
import type { ApprovalFigures, ModelFigures } from "../../schema/approval";
import type { JobOutputs } from "../../schema/outputs";

const names = {
  step: "step",
  validLoss: "valid_loss",
  validMeanTokenAccuracy: "valid_mean_token_accuracy",
  accuracy: "accuracy",
  f1: "f1",
  majorityAccuracy: "majority_accuracy",
} as const;

/** Converts figures of the API. Leaves out what is missing or not a finite number, which no threshold may count as met. */
export function convertFigures(figures: EvaluationFigures): ModelFigures {
  const entries = Object.entries(names).map(([name, apiName]) => [name, figures[apiName]]);
  return Object.fromEntries(entries.filter(([, value]) => Number.isFinite(value)));
}

/** Converts the server's evaluation of a job to the output `evaluation`: figures only. */
export function evaluationOutputs({ evaluation }: Pick<Job, "evaluation">): JobOutputs["evaluation"] {
  if (evaluation === undefined) return undefined;
  const { base, tuned, improvement, kept, simulated } = evaluation;
  return {
    base: base && convertFigures(base),
    tuned: tuned && convertFigures(tuned),
    improvement: improvement && convertFigures(improvement),
    kept: kept === "best" || kept === "last" ? kept : undefined,
    simulated: simulated === true ? true : undefined,
  };
}

/** Returns what the tuned model gains over another one. Positive is better. Only figures that both have. */
export function improvementOf(base: ModelFigures, tuned: ModelFigures): NonNullable<ApprovalFigures["improvement"]> {
  const gain = (name: "validLoss" | "validMeanTokenAccuracy" | "accuracy" | "f1", sign: 1 | -1) => {
    const [before, after] = [base[name], tuned[name]];
    // Rounded, because a difference of two decimal fractions has digits that nobody has measured: 2.3 - 2 is less than 0.3.
    return before === undefined || after === undefined ? {} : { [name]: Number((sign * (after - before)).toFixed(9)) };
  };
  return {
    ...gain("validLoss", -1),
    ...gain("validMeanTokenAccuracy", 1),
    ...gain("accuracy", 1),
    ...gain("f1", 1),
  };
}
