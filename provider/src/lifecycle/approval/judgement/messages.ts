import type { ApprovalFigures, ApprovalState, ThresholdName } from "../../../schema/approval";
import { figuresText } from "../../evaluation/text";
import type { Candidate } from "./candidate";
import type { Judgement } from "./judge";
import type { Comparison } from "./thresholds";

/** A number with at most four significant digits. */
const rounded = (value: number) => String(Number(value.toPrecision(4)));

/** Rounds both numbers, unless they would then look equal. */
function pair(a: number, b: number): [string, string] {
  return a !== b && rounded(a) === rounded(b) ? [String(a), String(b)] : [rounded(a), rounded(b)];
}

const labels: Record<ThresholdName, string> = {
  minImprovement: "improvement of the validation loss",
  maxValidationLoss: "validation loss",
  minTokenAccuracy: "token accuracy",
  minAccuracy: "accuracy",
};

/** One line per threshold: its value, the measured value, and the figures that it is the difference of. */
function comparisonLine(comparison: Comparison, judgement: Judgement): string {
  const { name, limit, measured = Number.NaN, met } = comparison;
  if (comparison.ownBaseline) return `  met     ${name} ${rounded(limit)}: ${OWN_BASELINE}`;
  const [limitText, measuredText] = pair(limit, measured);
  return `  ${met ? "met   " : "missed"}  ${name} ${limitText}: the ${labels[name]} is ${measuredText}${differenceText(name, judgement)}`;
}

function differenceText(name: ThresholdName, { job, figures }: Judgement): string {
  const { base, baseline, tuned } = figures;
  const before = (baseline ?? base)?.validLoss;
  if (name !== "minImprovement" || before === undefined || tuned.validLoss === undefined) return "";
  return ` (${baseline ? "the baseline" : job.model} ${rounded(before)}, this model ${rounded(tuned.validLoss)})`;
}

/** Returns each missed threshold in a few words: `validation loss 1.2 is above 1`. */
export function missedThresholds({ comparisons }: Pick<Judgement, "comparisons">): string[] {
  return comparisons
    .filter(({ met }) => !met)
    .map(({ name, limit, measured = Number.NaN }) => {
      const [limitText, measuredText] = pair(limit, measured);
      return `${labels[name]} ${measuredText} is ${measured > limit ? "above" : "below"} ${limitText}`;
    });
}

const SOURCES: Record<ApprovalFigures["source"], string> = {
  evaluation: "measured by the job on its validation data",
  onDemand: "measured on the job's validation data",
  checkpoint: "from the job's last checkpoint",
};

/** Returns the error for a miss: the job, the model, each threshold with the measured value, and what to do. */
export function missText(judgement: Judgement, recorded: Partial<ApprovalState> = {}): string {
  const { job, model, figures, comparisons } = judgement;
  const missed = comparisons.filter(({ met }) => !met).length;
  const isApproved = model === recorded.model;
  return [
    `${isApproved ? "approved model" : "model"} ${model} of fine-tuning job ${job.id} ${isApproved ? "does not meet the changed thresholds" : "is not approved"}: it misses ${missed} of ${comparisons.length}`,
    ...comparisons.map((comparison) => comparisonLine(comparison, judgement)),
    `  figures: ${SOURCES[figures.source]}${figures.simulated ? ", made up by the simulator" : ""}`,
    keptText(recorded.model),
  ].join("\n");
}

const keptText = (model: string | undefined) =>
  model === undefined
    ? "There is no approved model yet. Train a better model, or lower the threshold: that approves this model without training."
    : `The approved model stays ${model}. Train a better model, or lower the threshold: that approves this model without training. If you revert the program instead, the approval does not change.`;

/** An approval with `keepPrevious` needs a model to keep. */
export const nothingToKeepText = (judgement: Judgement) =>
  `${missText(judgement)}\nonMiss is "keepPrevious", but no model was approved before, so there is none to keep.`;

export const approvedText = ({ model, job, figures, comparisons }: Judgement) =>
  comparisons.some(({ ownBaseline }) => ownBaseline)
    ? `approved ${model} of fine-tuning job ${job.id}: ${figuresText({ ...figures, baseline: undefined })}; minImprovement: ${OWN_BASELINE}`
    : `approved ${model} of fine-tuning job ${job.id}: ${figuresText(figures)}`;

const OWN_BASELINE = "the approved model is the baseline itself, and was compared with the model before it";

/** There is no figure for a threshold, so the model is not approved. */
export function missingFigureText({ job, model }: Candidate, figures: ApprovalFigures, missing: Comparison[]): string {
  const names = missing.map(({ name }) => `${labels[name]} (${name})`).join(", ");
  const why =
    (job.validation_files ?? []).length === 0
      ? "The job has no validation files: set validationFiles on the job, which replaces it."
      : `There are only these figures, ${SOURCES[figures.source]}: ${figuresText(figures) || "none"}.`;
  return `model ${model} of fine-tuning job ${job.id} cannot be judged: there is no ${names}. ${why}`;
}
