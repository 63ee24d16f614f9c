import { MEBIBYTE } from "#common";
import { CHARACTERS_PER_TOKEN } from "#data";
import type { Hyperparameters } from "../../schema/inputs";
import type { DataSummary } from "./inspectData";

/** Tokens of ordinary text hold between two characters (dense code, many scripts) and six (long words, a large vocabulary). */
const MOST_CHARACTERS_PER_TOKEN = 6;
const FEWEST_CHARACTERS_PER_TOKEN = 2;

/** An estimate: its bounds, and what is likely. */
export interface Range {
  low: number;
  likely: number;
  high: number;
}

/** What the training takes by the data and the declaration alone, before a server has been asked. */
export interface Estimate {
  /** As declared, or from the epochs; undefined where the service decides. */
  steps: number | undefined;
  /** Passes over the data. */
  epochs: number | undefined;
  /** Which of the two the declaration says; the other follows from it. */
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
  // How much data a declared step takes is the trainer's choice; it is one sample at least.
  const least = trainingSteps === undefined ? likely : Math.min(likely, (trainingSteps * tokens) / summary.samples);
  return {
    low: (least * CHARACTERS_PER_TOKEN) / MOST_CHARACTERS_PER_TOKEN,
    likely,
    high: (likely * CHARACTERS_PER_TOKEN) / FEWEST_CHARACTERS_PER_TOKEN,
  };
}

export const totalTokens = ({ tokens }: DataSummary) => Object.values(tokens).reduce((sum, each) => sum + each, 0);
