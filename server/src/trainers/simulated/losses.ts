import { createHash } from "node:crypto";
import type { Checkpoint, StartedJob } from "../../domain/trainer";

/** The learning rate with the lowest simulated loss: the server's default. */
const BEST_LEARNING_RATE = 1e-4;

/** How much each order of magnitude from the best learning rate adds to the final loss. */
const LOSS_PER_MAGNITUDE = 0.5;

/** Above this learning rate, the simulated validation loss rises towards the end: the best checkpoint is not the last. */
const OVERFITTING_LEARNING_RATE = 1e-3;

/** The share of the steps after which the validation loss rises. */
const OVERFITS_AFTER = 0.6;

/**
 * Returns the invented training loss by step. It decays exponentially between two values that depend on the job's ID. A
 * learning rate far from the best one raises the second value, so that a comparison of jobs has a result.
 */
export function trainLoss(run: Pick<StartedJob, "id" | "spec" | "plan">): (step: number) => number {
  const [high = 0, low = 0] = createHash("sha256").update(run.id).digest();
  const first = 2 + high / 255;
  const magnitudes = Math.abs(Math.log10(run.spec.hyperparameters.learning_rate / BEST_LEARNING_RATE));
  const final = Math.min(first - 0.1, 0.6 + low / 512 + LOSS_PER_MAGNITUDE * magnitudes);
  return (step) => round(final + (first - final) * Math.exp((-4 * step) / run.plan.totalSteps));
}

/** Returns the invented metrics on the validation data at a step: 0 for the base model. */
export function validationMetrics(
  run: Pick<StartedJob, "id" | "spec" | "plan">,
  step: number,
): Required<Omit<Checkpoint["metrics"], "train_loss">> {
  const loss = trainLoss(run)(step);
  const overfits = run.spec.hyperparameters.learning_rate > OVERFITTING_LEARNING_RATE;
  const overfitting = overfits ? Math.max(0, step / run.plan.totalSteps - OVERFITS_AFTER) : 0;
  return {
    valid_loss: round(loss * 1.06 + 0.02 + overfitting),
    valid_mean_token_accuracy: round(Math.exp(-(loss + overfitting) / 2)),
  };
}

function round(value: number): number {
  return Number(value.toFixed(6));
}
