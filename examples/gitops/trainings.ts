import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { type TrainingConfig, trainingConfig } from "./trainingConfig";

const FOLDER = "trainings";

export interface Trainings {
  /** The valid configs by name: the file's name without its extension. */
  trainings: Record<string, TrainingConfig>;
  /** One message per problem: `trainings/support-bot.yaml: hyperparameters.trainingSteps: Invalid input: …`. */
  problems: string[];
}

/** Reads every config in the folder `trainings` of a checkout. */
export function readTrainings(checkout: string): Trainings {
  const result: Trainings = { trainings: {}, problems: [] };
  const folder = join(checkout, FOLDER);
  for (const file of existsSync(folder) ? readdirSync(folder).sort() : []) {
    const report = (problem: string) => void result.problems.push(`${FOLDER}/${file}: ${problem}`);
    // Without this message, a file with another ending would never train and nobody would notice.
    if (extname(file) !== ".yaml") report("expected a file that ends in .yaml");
    else {
      const config = readTraining(join(folder, file), report);
      if (config) result.trainings[basename(file, ".yaml")] = config;
    }
  }
  return result;
}

function readTraining(path: string, report: (problem: string) => void): TrainingConfig | undefined {
  try {
    const { data, error } = trainingConfig.safeParse(parse(readFileSync(path, "utf8")));
    for (const { path, message } of error?.issues ?? []) {
      report([...(path.length > 0 ? [path.join(".")] : []), message].join(": "));
    }
    return data;
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    // The first line has the position; a drawing of the place follows.
    report(error.message.split("\n")[0] ?? "");
    return undefined;
  }
}
