import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The trainers whose jobs are recorded with each release. `test/upgrade/projects` has one project for each. */
export const TRAINER_KINDS = ["simulated", "process"] as const;
export type TrainerKind = (typeof TRAINER_KINDS)[number];

/** The stacks of each project. */
export const STACKS = ["main", "failed"] as const;
export type StackName = (typeof STACKS)[number];

/** The API key of the recorded server, also in Pulumi's config. The server with the simulated trainer has no key. */
export const API_KEY: Record<TrainerKind, string | undefined> = { simulated: undefined, process: "sk-upgrade-test" };

export const PROJECT = "upgrade";

export const PROJECTS = join(__dirname, "projects");
export const FIXTURES = join(__dirname, "fixtures");

/** Placeholders that replace the server's URL and the recording's folder. */
export const PLACEHOLDERS = { url: "{{URL}}", folder: "{{FOLDER}}" };

/** Returns the recorded releases. */
export function releases(): string[] {
  return readdirSync(FIXTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/**
 * Returns the server's command-line options.
 *
 * @param project the folder of the Pulumi project, which also contains the training program
 */
export function serverOptions(trainerKind: TrainerKind, project: string): string[] {
  if (trainerKind === "simulated") return ["--speed", "2000"];
  const recipe = `'${process.execPath}' '${join(project, "train.cjs")}'`;
  const key = API_KEY.process as string;
  return [
    ...["--trainer", "process", "--models", join(project, "models.json"), "--recipe", recipe],
    ...["--max-jobs", "3", "--api-key", key],
  ];
}
