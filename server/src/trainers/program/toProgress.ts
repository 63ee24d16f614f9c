import type { Progress } from "../../domain/trainer";
import { given } from "../../omitUndefined";
import type { Story } from "./programProgress";

/** How far a training is by what its program has told. Whether it has ended, and how, is the trainer's to say. */
export function toProgress(story: Story): Progress {
  const { step, checkpoints, events, trainLoss, remainingSeconds, trainedTokens } = story;
  const { totalSteps, epochs, tokensPerStep, dataTokens } = story;
  return {
    state: story.attempts === 0 ? "starting" : "running",
    step,
    checkpoints,
    events,
    ...given({ trainLoss, remainingSeconds, trainedTokens }),
    actual: given({ totalSteps, epochs, tokensPerStep, dataTokens }),
  };
}
