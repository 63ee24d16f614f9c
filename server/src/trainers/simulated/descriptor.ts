import type { TrainerDescriptor } from "../descriptor";
import { positiveNumber } from "../flags";
import { diagnoseModels } from "../recipe/diagnoseModels";
import { SimulatedTrainer } from "./simulatedTrainer";

export interface SimulatedOptions {
  /** How many times faster than real time simulated trainings run; 50 by default. */
  speed?: number;
  /** Path of the models file. Not required; `doctor` checks the file when it is set. */
  models?: string;
}

const DEFAULT_SPEED = 50;

export const simulatedTrainer: TrainerDescriptor<SimulatedOptions, "simulated"> = {
  name: "simulated",
  description: ["does not train; losses, durations and costs are invented (the default)"],
  startupMessage: "Training is simulated: no model is trained; losses, durations and costs are invented.",
  flags: [
    {
      name: "speed",
      value: "N",
      help: [`simulate N times faster than real time (default: ${DEFAULT_SPEED})`],
      option: "speed",
      default: String(DEFAULT_SPEED),
      parse: positiveNumber,
    },
  ],
  create: ({ speed = DEFAULT_SPEED }) => new SimulatedTrainer(speed),
  diagnose: async ({ models }) => [
    ...(models === undefined
      ? [{ level: "note" as const, subject: "models file", text: "not set; not required for the simulated trainer" }]
      : diagnoseModels(models)),
    { level: "note", subject: "recipe", text: "not used; the simulated trainer does not train" },
  ],
};
