import type { Properties } from "../properties";

/** The states in which an operation can start, each with the declaration that creates it. */
export const startStates = {
  empty: undefined,
  finished: { declared: job() },
  running: { declared: job({ waitForCompletion: false }, 1_000_000) },
} as const;

export type StartState = keyof typeof startStates;

/** A command that is tested with every kind of fault at each of its requests. */
export interface Operation {
  name: string;
  startState: StartState;
  /** What the program declares. Default: the declaration of the start state. */
  declared?: Properties;
  command(urn: string): string[];
  /** The expected result. `trained`: whether the job must exist and have succeeded; false means that the job must be deleted. */
  expectedResult: { trained: boolean; modelName?: string };
}

const up = ["up", "--yes", "--skip-preview"];

export const operations: readonly Operation[] = [
  { name: "create", startState: "empty", declared: job(), command: () => up, expectedResult: { trained: true } },
  {
    name: "replace",
    startState: "finished",
    declared: job(),
    command: (urn) => [...up, "--replace", urn],
    expectedResult: { trained: true },
  },
  {
    name: "update",
    startState: "finished",
    declared: job({ modelName: "Support bot" }),
    command: () => up,
    expectedResult: { trained: true, modelName: "Support bot" },
  },
  {
    name: "delete",
    startState: "running",
    command: () => ["destroy", "--yes", "--skip-preview"],
    expectedResult: { trained: false },
  },
];

function job(more: Properties = {}, trainingSteps = 20): Properties {
  return { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps }, ...more };
}
