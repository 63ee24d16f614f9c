import type { Trainer } from "../domain/trainer";
import type { SecretStore } from "../store/secrets";
import type { Flag } from "./flags";

/** The result of one check of `mistral-fine-tuning-server doctor`. */
export interface Diagnosis {
  /** `note`: not required with these options, or not possible to check on this machine. */
  level: "ok" | "note" | "failed";
  /** The subject of the check: `models file`. */
  subject: string;
  text: string;
}

/** The parts of the server that a trainer uses. */
export interface TrainerContext {
  /** Absolute path. */
  dataDir: string;
  secrets: SecretStore;
}

/**
 * Everything that the server, `--help`, option parsing and `doctor` need to know about a trainer.
 *
 * @typeParam Options the server options that this trainer reads
 */
export interface TrainerDescriptor<Options, Name extends string = string> {
  /** The value of `--trainer`. Stored with each job, so it must never change. */
  name: Name;
  /** For `--help`: one string for each line. */
  description: readonly string[];
  /** Printed after the server has started. */
  startupMessage: string;
  /** Several trainers may share a flag: `--help` lists the flag once. */
  flags: readonly Flag<Options>[];
  /** Reads the options that come from environment variables. */
  readEnvironment?(env: NodeJS.ProcessEnv): Partial<Options>;
  /** @throws {UsageError} when an option is missing or invalid, or this machine cannot run the trainer */
  create(options: Options, context: TrainerContext): Trainer;
  /** Checks everything that a training with these options needs. Changes nothing. */
  diagnose(options: Options): Promise<Diagnosis[]>;
}
