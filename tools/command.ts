import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa, type Options } from "execa";
import { type Counts, countsFileVariable } from "./mochaReporter";
import { groupLeader, killWithParent } from "./processes";

const root = resolve(__dirname, "..");

export const ok: Counts = { passed: 0, failed: 0, skipped: 0 };
export const failure: Counts = { ...ok, failed: 1 };

/** Runs a command of the house, whose output is shown as it comes. */
export async function command(file: string, args: readonly string[], options: Options = {}): Promise<Counts> {
  const own = { ...groupLeader, cwd: root, preferLocal: true, stdin: "ignore", stdout: "inherit" } as const;
  const { exitCode } = await killWithParent(execa(file, args, { ...own, stderr: "inherit", ...options }));
  return exitCode === 0 ? ok : failure;
}

/** Runs mocha, and counts. @param around a command that runs it, such as c8 */
export async function mocha(args: readonly string[], around: readonly string[] = []): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), "test-counts-"));
  const countsFile = join(folder, "counts.json");
  try {
    const [file = "", ...rest] = [...around, "mocha", "--reporter", "tools/mochaReporter.ts", ...args];
    const result = await command(file, rest, { env: { [countsFileVariable]: countsFile } });
    const counts = await readFile(countsFile, "utf8").then(
      (text) => JSON.parse(text) as Counts,
      () => failure,
    );
    // A failure outside any test, such as a worker that died, is one too.
    return counts.failed === 0 ? { ...counts, failed: result.failed } : counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
