/** The states that a lane can start from, each with the program that creates it. */
export const scenes = {
  empty: undefined,
  finished: { program: program() },
  running: { program: program("waitForCompletion: false,", 1_000_000) },
} as const;

export type Scene = keyof typeof scenes;

/** A command whose requests are each interrupted by every kind of fault. */
export interface Operation {
  name: string;
  scene: Scene;
  /** The program that the command runs. Default: the program of the scene. */
  program?: string;
  command(urn: string): string[];
  /** The expected result. `trained` is false when the job must be deleted. */
  ends: { trained: boolean; modelName?: string };
}

const up = ["up", "--yes", "--skip-preview"];

export const operations: readonly Operation[] = [
  { name: "create", scene: "empty", program: program(), command: () => up, ends: { trained: true } },
  {
    name: "replace",
    scene: "finished",
    program: program(),
    command: (urn) => [...up, "--replace", urn],
    ends: { trained: true },
  },
  {
    name: "update",
    scene: "finished",
    program: program('modelName: "Support bot",'),
    command: () => up,
    ends: { trained: true, modelName: "Support bot" },
  },
  { name: "delete", scene: "running", command: () => ["destroy", "--yes", "--skip-preview"], ends: { trained: false } },
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
