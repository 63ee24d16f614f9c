/** The states in which an operation can start, each with the program that creates it. */
export const startStates = {
  empty: undefined,
  finished: { program: program() },
  running: { program: program("waitForCompletion: false,", 1_000_000) },
} as const;

export type StartState = keyof typeof startStates;

/** A command that is tested with every kind of fault at each of its requests. */
export interface Operation {
  name: string;
  startState: StartState;
  /** The program that the command runs. Default: the program of the start state. */
  program?: string;
  command(urn: string): string[];
  /** The expected result. `trained`: whether the job must exist and have succeeded; false means that the job must be deleted. */
  expectedResult: { trained: boolean; modelName?: string };
}

const up = ["up", "--yes", "--skip-preview"];

export const operations: readonly Operation[] = [
  { name: "create", startState: "empty", program: program(), command: () => up, expectedResult: { trained: true } },
  {
    name: "replace",
    startState: "finished",
    program: program(),
    command: (urn) => [...up, "--replace", urn],
    expectedResult: { trained: true },
  },
  {
    name: "update",
    startState: "finished",
    program: program('modelName: "Support bot",'),
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

function program(more = "", steps = 20): string {
  return `
import { FineTuningJob } from "pulumi-mistral";
new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: ${steps} },
  ${more}
});
`;
}
