import type { TrainingSize } from "#common/trainingRule";
import type { JobSpec } from "../domain/jobSpec";

/** Returns the hyperparameters of a job that determine the size of its training. */
export function trainingSize({ hyperparameters }: JobSpec): TrainingSize {
  const { training_steps, epochs, seq_len } = hyperparameters;
  return { trainingSteps: training_steps, epochs, seqLen: seq_len };
}
