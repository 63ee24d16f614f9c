import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { groupLeader, killWithParent } from "../../tools/processes";
import { cacheFolder } from "../../tools/pulumiCli/cache";
import { inCi } from "./ci";

/** The oldest Python version that the pinned packages support. */
const minimum = "3.11";

/** Downloads usually take seconds. The limit allows for a slow package index. */
const installTimeoutMs = 5 * 60_000;

const probe = `
import ensurepip, sys, venv
assert sys.version_info >= tuple(map(int, "${minimum}".split("."))), "it is " + sys.version
print(sys.version)
`;
const found = spawnSync("python3", ["-I", "-c", probe], { encoding: "utf8" });

/** The reason why tests that need Python cannot run on this machine, for the title of skipped tests; undefined when they can. */
export const pythonProblem =
  found.status === 0
    ? undefined
    : `needs python3 ${minimum} or later with venv: ${found.error ? "there is no python3 on PATH" : lastLine(found.stderr)}`;

/** `describe` for tests that need Python. Without Python the tests are skipped and the title says why; in CI they fail. */
export function describeWithPython(title: string, tests: (this: Mocha.Suite) => void): void {
  if (pythonProblem === undefined) describe(title, tests);
  else if (inCi) it(title, () => assert.fail(pythonProblem));
  else describe.skip(`${title} (${pythonProblem})`, tests);
}

/**
 * Returns a virtual environment in the user's cache folder, and creates it on first use. It is installed in a temporary folder and
 * then renamed, so that an incomplete environment is never used. Renaming works because its programs are only run as modules.
 *
 * @param installArgs the arguments of `pip install`, which runs in the folder `cwd`
 * @param content what the environment depends on: another content makes another environment
 */
export async function pythonEnvironment(
  installArgs: string[],
  content: readonly Buffer[],
  cwd?: string,
): Promise<string> {
  const hash = createHash("sha256");
  for (const part of content) hash.update(part);
  const name = hash.update(found.stdout).digest("hex").slice(0, 12);
  const target = join(dirname(cacheFolder(process.env)), `python-${name}`);
  if (!existsSync(target)) {
    await mkdir(dirname(target), { recursive: true });
    const fresh = await mkdtemp(`${target}.partial-`);
    try {
      await install("python3", ["-m", "venv", fresh]);
      const options = cwd === undefined ? {} : { cwd };
      await install(join(fresh, "bin/python"), ["-m", "pip", "install", "--quiet", ...installArgs], options);
      await rename(fresh, target).catch((error) => {
        // Another process created it first.
        if (!existsSync(target)) throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  return target;
}

async function install(binary: string, args: string[], options: { cwd?: string } = {}): Promise<void> {
  const { exitCode, all, shortMessage } = await runPython(binary, args, options, installTimeoutMs);
  if (exitCode !== 0) throw new Error(`${shortMessage}\n${all}`);
}

/** Runs Python without packages from the user's environment and home (`-E`, `-s`), and without writing `.pyc` files (`-B`). */
export function runPython(
  binary: string,
  args: string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
  timeout: number,
) {
  return killWithParent(
    execa(binary, ["-EsB", ...args], { ...groupLeader, ...options, stdin: "ignore", all: true }),
    timeout,
  );
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
