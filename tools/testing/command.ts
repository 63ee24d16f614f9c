import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa, type Options } from "execa";
import { groupLeader, killWithParent } from "../processes";
import { type Counts, countsFileVariable, failure, zeroCounts } from "./counts";
import { timeLeftMs } from "./deadline";

export const root = resolve(__dirname, "../..");

export interface CommandOptions extends Pick<Options, "cwd" | "env"> {
  /** Shows the output when the command has ended, for commands that run at the same time. */
  buffered?: boolean;
}

/**
 * Runs a command in the repository's root and shows its output. Kills the command and its children when the run's deadline
 * passes.
 *
 * @returns the counts that the command reports, otherwise one failure when its exit code is not 0
 */
export async function command(
  file: string,
  args: readonly string[],
  { buffered = false, ...options }: CommandOptions = {},
): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "test-counts-"));
  const countsFile = join(folder, "counts.json");
  try {
    const output = buffered ? "pipe" : "inherit";
    const defaults = { ...groupLeader, cwd: root, preferLocal: true, stdin: "ignore" } as const;
    const env = { ...options.env, [countsFileVariable]: countsFile };
    const child = execa(file, args, { ...defaults, stdout: output, stderr: output, all: buffered, ...options, env });
    const { exitCode, all } = await killWithParent(child, timeLeftMs());
    if (typeof all === "string") console.log(all);
    const counts = await readFile(countsFile, "utf8").then(
      (text) => JSON.parse(text) as Counts,
      () => zeroCounts,
    );
    // The exit code also reports failures outside tests: a dead worker, or coverage below the threshold.
    return exitCode === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a TypeScript program of this repository. */
export function script(file: string, ...args: string[]): Promise<Counts> {
  return command("node", ["-r", "ts-node/register/transpile-only", file, ...args]);
}

/** Turns an error into one failure. */
export async function succeeded(work: Promise<unknown>): Promise<Counts> {
  try {
    await work;
    return zeroCounts;
  } catch (error) {
    console.log((error as Error).message);
    return failure;
  }
}
