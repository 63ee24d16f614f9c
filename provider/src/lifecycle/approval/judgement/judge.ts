import type { ApprovalFigures, ApprovalInputs, ApprovalState } from "../../../schema/approval";
import type { Connection } from "../../connection/connect";
import type { Deadline } from "../../runtime/deadline";
import type { Host } from "../../runtime/host";
import { type Candidate, readCandidate } from "./candidate";
import { figuresOf } from "./figures/figures";
import { missingFigureText } from "./messages";
import { type Comparison, compare } from "./thresholds";

/** A candidate, its figures, and whether it meets the thresholds. */
export interface Judgement extends Candidate {
  figures: ApprovalFigures;
  comparisons: Comparison[];
  approved: boolean;
}

/**
 * Reads the job, gets the figures of its model, and compares them with the thresholds. Changes nothing on the server, except that it
 * may request an evaluation.
 *
 * @throws when the job has not succeeded, or the server has no figure for a threshold
 */
export async function judge(
  inputs: ApprovalInputs,
  connection: Connection,
  recorded: Partial<ApprovalState>,
  host: Host,
  { signal }: Deadline,
): Promise<Judgement> {
  const candidate = await readCandidate(inputs, connection, recorded, signal);
  const figures = await figuresOf(candidate, inputs, connection, host, signal);
  const { model } = candidate;
  // `baselineModel` is often this approval's own output, read from the stack: after an approval, it is the approved model.
  const ownBaseline = inputs.baselineModel === model && recorded.model === model;
  const comparisons = compare(inputs, figures, ownBaseline);
  const missing = comparisons.filter(({ measured }) => measured === undefined);
  if (missing.length > 0) throw new Error(missingFigureText(candidate, figures, missing));
  return { ...candidate, figures, comparisons, approved: comparisons.every(({ met }) => met) };
}
