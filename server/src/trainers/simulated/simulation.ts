import type { Checkpoint, Progress, StartedJob } from "../../domain/trainer";
import { trainLoss, validationMetrics } from "./losses";
import { simulateEvaluations } from "./simulatedEvaluation";

/** Durations in simulated seconds. At speed N, a simulated second takes 1/N of a second. */
export const SECONDS = { validation: 8, start: 2, step: 2, cancel: 2 };

/** At this learning rate or above, a simulated training diverges. Lets users see a failed job. */
export const DIVERGING_LEARNING_RATE = 0.1;

/** The share of the steps after which a diverging training fails. */
const DIVERGES_AFTER = 0.4;

/**
 * Computes the progress of a simulated training. A pure function of the stored job and the time, so a restart loses
 * nothing and progress never goes back.
 *
 * @param now milliseconds since 1970
 */
export function simulate(run: StartedJob, now: number): Progress {
  const { plan } = run;
  const speed = plan.speed ?? 1;
  const stopped = run.cancelRequestedAt ?? now;
  const trainedSeconds = ((Math.min(stopped, now) - run.startedAt) / 1000) * speed - SECONDS.start;
  const lastStep = diverges(run) ? Math.max(1, Math.floor(plan.totalSteps * DIVERGES_AFTER)) : plan.totalSteps;
  const step = Math.min(lastStep, Math.max(0, Math.floor(trainedSeconds / SECONDS.step)));
  const lossAt = trainLoss(run);
  const checkpoints = checkpointSteps(plan.totalSteps)
    .filter((each) => each <= step && !(diverges(run) && each === lastStep))
    .map((each) => checkpoint(run, each, lossAt(each)));
  const succeeds = run.cancelRequestedAt === undefined && step === lastStep && !diverges(run);
  const progress: Omit<Progress, "state"> = {
    step,
    checkpoints,
    evaluations: step > 0 ? simulateEvaluations(run, succeeds ? checkpoints : undefined) : {},
    ...(step > 0 && { trainLoss: lossAt(step) }),
  };
  if (run.cancelRequestedAt !== undefined && now - run.cancelRequestedAt >= (SECONDS.cancel * 1000) / speed) {
    return { ...progress, state: "cancelled" };
  }
  if (run.cancelRequestedAt === undefined && step === lastStep) {
    return diverges(run)
      ? { ...progress, state: "failed", reason: divergence(step) }
      : { ...progress, state: "succeeded" };
  }
  const isStarting = trainedSeconds < 0;
  const times = changeTimes(run, isStarting, step, lastStep);
  const remainingSeconds = Math.ceil((plan.totalSteps * SECONDS.step - Math.max(0, trainedSeconds)) / speed);
  return { ...progress, state: isStarting ? "starting" : "running", remainingSeconds, ...times };
}

/** Returns when the state and the step of an unfinished training change next. */
function changeTimes(
  run: StartedJob,
  isStarting: boolean,
  step: number,
  lastStep: number,
): Pick<Required<Progress>, "stateChangesAt" | "progressChangesAt"> {
  const speed = run.plan.speed ?? 1;
  const at = (seconds: number) => Math.ceil(run.startedAt + (seconds * 1000) / speed);
  if (run.cancelRequestedAt !== undefined) {
    const stateChangesAt = Math.ceil(run.cancelRequestedAt + (SECONDS.cancel * 1000) / speed);
    return { stateChangesAt, progressChangesAt: stateChangesAt };
  }
  const progressChangesAt = at(SECONDS.start + (step + 1) * SECONDS.step);
  return {
    stateChangesAt: isStarting ? at(SECONDS.start) : at(SECONDS.start + lastStep * SECONDS.step),
    progressChangesAt,
  };
}

function diverges(run: StartedJob): boolean {
  return run.spec.hyperparameters.learning_rate >= DIVERGING_LEARNING_RATE;
}

function divergence(step: number): string {
  return (
    `The training diverged: at step ${step} the loss was not a number. The learning rate is too high ` +
    `(the simulated trainer diverges at ${DIVERGING_LEARNING_RATE} and above).`
  );
}

/** Returns about ten evenly spaced steps, including the last step. */
function checkpointSteps(totalSteps: number): number[] {
  const every = Math.ceil(totalSteps / 10);
  const steps = Array.from({ length: Math.floor(totalSteps / every) }, (_, index) => (index + 1) * every);
  return steps.at(-1) === totalSteps ? steps : [...steps, totalSteps];
}

/** Returns the checkpoint of a step. Also for step 0, before the training. */
export function checkpointAt(run: StartedJob, step: number): Checkpoint {
  return checkpoint(run, step, trainLoss(run)(step));
}

function checkpoint(run: StartedJob, step: number, loss: number): Checkpoint {
  const seconds = (SECONDS.start + step * SECONDS.step) / (run.plan.speed ?? 1);
  return {
    step,
    metrics: {
      train_loss: loss,
      ...(run.validationFiles.length > 0 && validationMetrics(run, step)),
    },
    createdAt: run.startedAt + Math.round(seconds * 1000),
  };
}
