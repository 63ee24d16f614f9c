import {
  type ApprovalFigures,
  type ApprovalInputs,
  type ThresholdName,
  thresholdNames,
} from "../../../schema/approval";

/** A threshold and the measured value. */
export interface Comparison {
  name: ThresholdName;
  limit: number;
  /** Undefined when there is no such figure: the threshold is not met. */
  measured: number | undefined;
  met: boolean;
  /** Whether the approved model is its own baseline: it has met this threshold compared with the model before it. */
  ownBaseline: boolean;
}

const measuredBy: Record<ThresholdName, (figures: ApprovalFigures) => number | undefined> = {
  minImprovement: ({ improvement }) => improvement?.validLoss,
  maxValidationLoss: ({ tuned }) => tuned.validLoss,
  minTokenAccuracy: ({ tuned }) => tuned.validMeanTokenAccuracy,
  minAccuracy: ({ tuned }) => tuned.accuracy,
};

/**
 * Compares the figures with each declared threshold.
 *
 * @param ownBaseline whether the candidate is approved already, and has become the baseline by that
 */
export function compare(inputs: ApprovalInputs, figures: ApprovalFigures, ownBaseline: boolean): Comparison[] {
  return thresholdNames.flatMap((name) => {
    const limit = inputs[name];
    if (limit === undefined) return [];
    const measured = measuredBy[name](figures);
    const isMaximum = name.startsWith("max");
    const isOwn = ownBaseline && name === "minImprovement";
    const met = measured !== undefined && (isOwn || (isMaximum ? measured <= limit : measured >= limit));
    return [{ name, limit, measured, met, ownBaseline: isOwn }];
  });
}
