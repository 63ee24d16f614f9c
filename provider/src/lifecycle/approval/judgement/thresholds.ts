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
}

const measuredBy: Record<ThresholdName, (figures: ApprovalFigures) => number | undefined> = {
  minImprovement: ({ improvement }) => improvement?.validLoss,
  maxValidationLoss: ({ tuned }) => tuned.validLoss,
  minTokenAccuracy: ({ tuned }) => tuned.validMeanTokenAccuracy,
  minAccuracy: ({ tuned }) => tuned.accuracy,
};

/** Compares the figures with each declared threshold. */
export function compare(inputs: ApprovalInputs, figures: ApprovalFigures): Comparison[] {
  return thresholdNames.flatMap((name) => {
    const limit = inputs[name];
    if (limit === undefined) return [];
    const measured = measuredBy[name](figures);
    const isMaximum = name.startsWith("max");
    const met = measured !== undefined && (isMaximum ? measured <= limit : measured >= limit);
    return [{ name, limit, measured, met }];
  });
}
