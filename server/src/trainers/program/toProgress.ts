import type { Progress } from "../../domain/trainer";
import { omitUndefined } from "../../omitUndefined";
import type { ProgramProgress } from "./programProgress";

/** How far a training is by what its program has told. Whether it has ended, and how, is the trainer's to say. */
export function toProgress(programProgress: ProgramProgress): Progress {
  const { step, checkpoints, events, trainLoss, remainingSeconds, trainedTokens } = programProgress;
  const { totalSteps, epochs, tokensPerStep, dataTokens } = programProgress;
  return {
    state: programProgress.attempts === 0 ? "starting" : "running",
    step,
    checkpoints,
    events,
    ...omitUndefined({ trainLoss, remainingSeconds, trainedTokens }),
    actual: omitUndefined({ totalSteps, epochs, tokensPerStep, dataTokens }),
  };
}
