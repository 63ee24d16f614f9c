import type { Trainer } from "../domain/trainer";
import type { TrainerContext, TrainerDescriptor } from "./descriptor";
import { processTrainer } from "./process/descriptor";
import { rayTrainer } from "./ray/descriptor";
import { simulatedTrainer } from "./simulated/descriptor";

/** Every trainer, in the order of `--help`. */
const DESCRIPTORS = [simulatedTrainer, processTrainer, rayTrainer] as const;

export type TrainerName = (typeof DESCRIPTORS)[number]["name"];

type AllOptions = Intersection<Parameters<(typeof DESCRIPTORS)[number]["create"]>[0]>;
type Intersection<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;

/** The server options that configure the trainers: those of all descriptors. */
export interface TrainerOptions extends AllOptions {
  /** The trainer of new jobs: `simulated` by default. */
  trainer?: TrainerName;
}

export const TRAINERS: readonly TrainerDescriptor<TrainerOptions, TrainerName>[] = DESCRIPTORS;
export const TRAINER_NAMES: readonly TrainerName[] = DESCRIPTORS.map(({ name }) => name);
export const DEFAULT_TRAINER: TrainerName = simulatedTrainer.name;

export function findTrainer(name: TrainerName = DEFAULT_TRAINER): TrainerDescriptor<TrainerOptions, TrainerName> {
  return TRAINERS.find((each) => each.name === name) as TrainerDescriptor<TrainerOptions, TrainerName>;
}

/**
 * Creates the trainers of a server, by name: the selected one and the simulated one. The simulated trainer is always
 * present, so that simulated jobs in the data folder finish under any `--trainer`.
 *
 * @throws {UsageError} when the selected trainer cannot run with these options
 */
export function createTrainers(options: TrainerOptions, context: TrainerContext): ReadonlyMap<string, Trainer> {
  const descriptors = new Set([findTrainer(DEFAULT_TRAINER), findTrainer(options.trainer)]);
  return new Map([...descriptors].map((each) => [each.name, each.create(options, context)]));
}
