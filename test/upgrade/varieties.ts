import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The projects that are recorded with each release, one for each kind of trainer that keeps its own state. */
export const VARIETIES = ["simulated", "process"] as const;
export type Variety = (typeof VARIETIES)[number];

/** The stacks of each project. */
export const STACKS = ["main", "failed"] as const;
export type StackName = (typeof STACKS)[number];

/** The API key of the recorded server; Pulumi's config has it too. The simulated variety has no key. */
export const API_KEY: Record<Variety, string | undefined> = { simulated: undefined, process: "sk-upgrade-test" };

export const PROJECT = "upgrade";

export const PROJECTS = join(__dirname, "projects");
export const FIXTURES = join(__dirname, "fixtures");

/** Stand for the server's URL and for the folder of the recording in recorded texts. */
export const PLACEHOLDERS = { url: "{{URL}}", folder: "{{FOLDER}}" };

/** The recorded releases. */
export function releases(): string[] {
  return readdirSync(FIXTURES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}

/**
 * The server's options.
 *
 * @param project the folder of the Pulumi project, which has the training program too
 */
export function serverOptions(variety: Variety, project: string): string[] {
  if (variety === "simulated") return ["--speed", "2000"];
  const recipe = `'${process.execPath}' '${join(project, "train.cjs")}'`;
  const key = API_KEY.process as string;
  return [
    ...["--trainer", "process", "--models", join(project, "models.json"), "--recipe", recipe],
    ...["--max-jobs", "3", "--api-key", key],
  ];
}
