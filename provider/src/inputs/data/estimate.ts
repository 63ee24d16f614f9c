import { MEBIBYTE } from "#common";
import { CHARACTERS_PER_TOKEN } from "#data";
import type { Hyperparameters } from "../../schema/inputs";
import type { DataSummary } from "./inspectData";

/** Bounds for ordinary text: 2 characters per token (dense code, many non-Latin writing systems) to 6 (long words, a large vocabulary). */
const MOST_CHARACTERS_PER_TOKEN = 6;
const FEWEST_CHARACTERS_PER_TOKEN = 2;

/** An estimate with its bounds. */
export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** The estimated size of the training, from the data and the inputs only. */
export interface Estimate {
  /** Set by the user, or computed from the epochs; undefined when the server decides. */
  steps: number | undefined;
  /** Passes over the data. */
  epochs: number | undefined;
  /** Whether the user has set the steps or the epochs; the other value is computed. */
  declared: "steps" | "epochs";
  trainedTokens: Range | undefined;
}

export function estimate(summary: DataSummary, { trainingSteps, epochs: passes }: Hyperparameters): Estimate {
  const megabytes = summary.bytes / MEBIBYTE;
  const epochs = trainingSteps === undefined ? passes : trainingSteps / megabytes;
  const steps = trainingSteps ?? (passes && Math.max(1, Math.round(passes * megabytes)));
  return {
    steps,
    epochs,
    declared: trainingSteps === undefined ? "epochs" : "steps",
    trainedTokens: epochs === undefined ? undefined : trainedTokens(summary, epochs, trainingSteps),
  };
}

function trainedTokens(summary: DataSummary, epochs: number, trainingSteps: number | undefined): Range {
  const tokens = totalTokens(summary);
  const likely = tokens * epochs;
  // If the user sets the number of steps, the trainer decides how much data one step uses. The lower bound assumes one sample.
  const least = trainingSteps === undefined ? likely : Math.min(likely, (trainingSteps * tokens) / summary.samples);
  return {
    low: (least * CHARACTERS_PER_TOKEN) / MOST_CHARACTERS_PER_TOKEN,
    likely,
    high: (likely * CHARACTERS_PER_TOKEN) / FEWEST_CHARACTERS_PER_TOKEN,
  };
}

export const totalTokens = ({ tokens }: DataSummary) => Object.values(tokens).reduce((sum, each) => sum + each, 0);
