import type { Confusion, Evaluation, MeasuredFigures, TargetFigures } from "../jobReply";

type Name = "valid_loss" | "valid_mean_token_accuracy" | "accuracy" | "f1";

/** A figure of the base model and of the tuned model. */
export interface ComparedFigure {
  name: Name;
  label: string;
  isShare: boolean;
  base: number | undefined;
  tuned: number | undefined;
  /** Positive: the tuned model is better. Undefined: one of the models has no such figure. */
  improvement: number | undefined;
  /** Of the base and of the tuned model: the length of the bar, from 0 to 1. */
  bars: [base: number, tuned: number];
}

const FIGURES: readonly { name: Name; label: string; isShare: boolean }[] = [
  { name: "valid_loss", label: "Validation loss", isShare: false },
  { name: "valid_mean_token_accuracy", label: "Token accuracy", isShare: true },
  { name: "accuracy", label: "Accuracy", isShare: true },
  { name: "f1", label: "F1", isShare: true },
];

type Figures = Partial<Pick<MeasuredFigures, Name>> | TargetFigures;

/** Compares the figures that at least one of the models has. */
export function compareFigures({ base, tuned }: { base?: Figures; tuned?: Figures }): ComparedFigure[] {
  return FIGURES.flatMap(({ name, label, isShare }) => {
    const [before, after] = [figureOf(base, name), figureOf(tuned, name)];
    if (before === undefined && after === undefined) return [];
    const full = isShare ? 1 : Math.max(before ?? 0, after ?? 0);
    const barOf = (value = 0) => (full > 0 ? Math.min(1, Math.max(0, value / full)) : 0);
    const improvement =
      before === undefined || after === undefined ? undefined : isShare ? after - before : before - after;
    return [{ name, label, isShare, base: before, tuned: after, improvement, bars: [barOf(before), barOf(after)] }];
  });
}

/** A classifier's target with the figures of both models. */
export interface ComparedTarget {
  name: string;
  base: TargetFigures | undefined;
  tuned: TargetFigures | undefined;
  /** The accuracy of always giving the most frequent answer. */
  majority: number | undefined;
  /** Of the tuned model, or of the base model while there is no tuned one. */
  confusion: Confusion | undefined;
}

/** Returns the targets in the order of the tuned model, then those that only the base model has. */
export function compareTargets({ base, tuned }: Evaluation): ComparedTarget[] {
  const names = new Set([...(tuned?.targets ?? []), ...(base?.targets ?? [])].map(({ name }) => name));
  return [...names].map((name) => {
    const of = (targets: TargetFigures[] | undefined) => targets?.find((target) => target.name === name);
    const [before, after] = [of(base?.targets), of(tuned?.targets)];
    const majority = after?.majority_accuracy ?? before?.majority_accuracy;
    return { name, base: before, tuned: after, majority, confusion: (after ?? before)?.confusion };
  });
}

function figureOf(figures: Figures | undefined, name: Name): number | undefined {
  return (figures as Partial<Record<Name, number>> | undefined)?.[name];
}
