import type { Job } from "../../client";
import type { ApprovalFigures, ModelFigures } from "../../schema/approval";
import { evaluationOutputs } from "./convert";

/** Returns what the training has changed, in one line. Undefined without figures of the fine-tuned model. */
export function evaluationLine(job: Pick<Job, "evaluation">): string | undefined {
  const { tuned, ...others } = evaluationOutputs(job) ?? {};
  return (tuned && figuresText({ tuned, ...others })) || undefined;
}

type Compared = Pick<ApprovalFigures, "tuned"> & {
  base?: ModelFigures | undefined;
  baseline?: ModelFigures | undefined;
  simulated?: boolean | undefined;
};

/** `validation loss 2.31 → 0.94, token accuracy 41 % → 78 %`; empty without figures of the tuned model. */
export function figuresText({ tuned, base, baseline, simulated }: Compared): string {
  const compared = baseline ?? base;
  const change = (name: string, text: (value: number) => string, after?: number, before?: number) =>
    after === undefined ? [] : [`${name} ${before === undefined ? "" : `${text(before)} → `}${text(after)}`];
  const parts = [
    ...change("validation loss", decimal, tuned.validLoss, compared?.validLoss),
    ...change("token accuracy", percent, tuned.validMeanTokenAccuracy, compared?.validMeanTokenAccuracy),
    ...change("accuracy", percent, tuned.accuracy, compared?.accuracy),
    ...change("F1", decimal, tuned.f1, compared?.f1),
  ];
  return parts.length === 0 ? "" : `${parts.join(", ")}${simulated ? " (made up by the simulator)" : ""}`;
}

/** A small loss needs more than two decimals: `0.0034`. */
const decimal = (value: number) => (Math.abs(value) < 0.1 && value !== 0 ? value.toPrecision(2) : value.toFixed(2));

const percent = (value: number) => `${Math.round(value * 100)} %`;
