import type { EvaluationFigures, Job } from "../../client";
import type { JobOutputs } from "../../schema/outputs";

type Reported = NonNullable<Job["evaluation"]>;

/** Converts the server's evaluation of a job to the output `evaluation`: figures only, in camelCase. */
export function evaluationOutputs({ evaluation }: Pick<Job, "evaluation">): JobOutputs["evaluation"] {
  if (evaluation === undefined) return undefined;
  const { base, tuned, improvement, kept, simulated } = evaluation;
  return {
    base: figuresOf(base),
    tuned: figuresOf(tuned),
    improvement: improvement && {
      validLoss: improvement.valid_loss,
      validMeanTokenAccuracy: improvement.valid_mean_token_accuracy,
      accuracy: improvement.accuracy,
      f1: improvement.f1,
    },
    kept: kept === "best" || kept === "last" ? kept : undefined,
    simulated: simulated === true ? true : undefined,
  };
}

function figuresOf(figures: EvaluationFigures | undefined) {
  return (
    figures && {
      step: figures.step,
      validLoss: figures.valid_loss,
      validMeanTokenAccuracy: figures.valid_mean_token_accuracy,
      accuracy: figures.accuracy,
      f1: figures.f1,
      majorityAccuracy: figures.majority_accuracy,
    }
  );
}

/**
 * Returns what the training has changed, in one line: `validation loss 2.31 → 0.94, token accuracy 41 % → 78 %`. Undefined
 * without figures of the fine-tuned model.
 */
export function evaluationLine({ evaluation }: Pick<Job, "evaluation">): string | undefined {
  const parts = evaluation?.tuned === undefined ? [] : FIGURES.flatMap((figure) => changeText(evaluation, figure));
  if (parts.length === 0) return undefined;
  return `${parts.join(", ")}${evaluation?.simulated ? " (made up by the simulator)" : ""}`;
}

type Figure = readonly [name: "valid_loss" | "valid_mean_token_accuracy" | "accuracy" | "f1", label: string];

const FIGURES: readonly Figure[] = [
  ["valid_loss", "validation loss"],
  ["valid_mean_token_accuracy", "token accuracy"],
  ["accuracy", "accuracy"],
  ["f1", "F1"],
];

function changeText({ base, tuned }: Reported, [name, label]: Figure): string[] {
  const [before, after] = [base?.[name], tuned?.[name]];
  if (after === undefined) return [];
  const text = name === "valid_loss" || name === "f1" ? decimal : percent;
  return [before === undefined ? `${label} ${text(after)}` : `${label} ${text(before)} → ${text(after)}`];
}

/** A small loss needs more than two decimals: `0.0034`. */
const decimal = (value: number) => (Math.abs(value) < 0.1 && value !== 0 ? value.toPrecision(2) : value.toFixed(2));

const percent = (value: number) => `${Math.round(value * 100)} %`;
