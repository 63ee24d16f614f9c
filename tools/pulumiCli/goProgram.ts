import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { groupLeader, killWithParent } from "../processes";
import { cachedVersion } from "./cache";
import type { Context } from "./source";

export const sdk = "github.com/pulumi/pulumi/sdk/v3";

/** A program of Pulumi that the Go module proxy serves. */
export interface GoProgram {
  /** The import path of its `main` package. */
  package: string;
  /** The modules to require, with their versions. */
  modules: readonly string[];
  /** Paths, relative to the folder of `package`, of scripts that the program expects beside its executable. */
  scripts?: readonly string[];
}

/** A `replace` directive of the engine's go.mod. Go ignores those of dependencies, so this module repeats it. */
const replacement = "github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e";

const timeoutMs = 40 * 60 * 1000;
const progressEveryMs = 15_000;

/**
 * Builds a program in a temporary module of its own, into the folder `bin`.
 *
 * @throws {Error} with the last lines of Go's output when the build fails
 */
export async function buildGoProgram(go: string, program: GoProgram, bin: string, context: Context): Promise<void> {
  const name = program.package.split("/").at(-1);
  const module = await mkdtemp(join(tmpdir(), "pulumi-cli-"));
  try {
    const requires = program.modules.map((it) => `require ${it}\n`).join("");
    await writeFile(join(module, "go.mod"), `module cli\n\ngo 1.26\n\n${requires}\nreplace ${replacement}\n`);
    const flags = ["-mod=mod", "-v", "-ldflags", `-s -w -X ${sdk}/go/common/version.Version=v${cachedVersion}`];
    const child = execa(go, ["build", ...flags, "-o", `${bin}/`, program.package], {
      ...groupLeader,
      cwd: module,
      env: context.env,
      extendEnv: false,
      stdin: "ignore",
    });
    const stopProgress = showProgress(`  ${name}`, child.stderr, context.log);
    const { exitCode, stderr, shortMessage } = await killWithParent(child, timeoutMs);
    stopProgress();
    if (exitCode !== 0) throw new Error(`building ${name} failed: ${lastLines(stderr) || shortMessage}`);
    if (program.scripts) await copyScripts(program.scripts, await folderOf(go, program, module, context), bin);
  } finally {
    await rm(module, { recursive: true, force: true });
  }
}

/** Returns the folder of the program's source in Go's module cache. */
async function folderOf(go: string, program: GoProgram, module: string, { env }: Context): Promise<string> {
  const list = ["list", "-mod=mod", "-f", "{{.Dir}}", program.package];
  const { stdout } = await execa(go, list, { cwd: module, env, extendEnv: false, stdin: "ignore", timeout: 60_000 });
  return stdout;
}

async function copyScripts(scripts: readonly string[], from: string, bin: string): Promise<void> {
  for (const script of scripts) {
    const copy = join(bin, basename(script));
    await copyFile(join(from, script), copy);
    // Files in the module cache are read-only and not executable.
    await chmod(copy, 0o755);
  }
}

/** Logs progress at intervals. `go build -v` prints each module that it downloads and each package that it compiles. */
function showProgress(name: string, goOutput: Readable, log: Context["log"]): () => void {
  const started = Date.now();
  let fetched = 0;
  let compiled = 0;
  createInterface(goOutput).on("line", (line) => {
    if (line.startsWith("go: ")) fetched++;
    else compiled++;
  });
  const report = () => {
    const seconds = Math.round((Date.now() - started) / 1000);
    log(`${name}: ${fetched} modules downloaded, ${compiled} packages compiled, ${seconds} s`);
  };
  const timer = setInterval(report, progressEveryMs);
  return () => {
    clearInterval(timer);
    report();
  };
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-5).join("\n");
}
