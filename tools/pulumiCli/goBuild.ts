import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { groupLeader, killWithParent } from "../processes";
import { cachedVersion, installIntoCache } from "./cache";
import { findGo } from "./go";
import type { CliSource, Context } from "./source";

const sdk = "github.com/pulumi/pulumi/sdk/v3";
const engine = "github.com/pulumi/pulumi/pkg/v3";

/**
 * The programs to build, with the modules that each requires. In 2023 the language hosts moved out of the SDK's module, to modules
 * that the Go module proxy does not serve. The last version inside the SDK's module still works with the current engine.
 */
const programs = [
  { package: `${engine}/cmd/pulumi`, modules: [`${engine} v${cachedVersion}`, `${sdk} v${cachedVersion}`] },
  { package: `${sdk}/nodejs/cmd/pulumi-language-nodejs`, modules: [`${sdk} v3.68.0`] },
];
type Program = (typeof programs)[number];

/** A `replace` directive of the engine's go.mod. Go ignores those of dependencies, so this module repeats it. */
const replacement = "github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e";

/** The script that the engine starts for dynamic providers. Unlike the script in `@pulumi/pulumi`, it uses `exec`, so that killing it leaves no shell behind. */
const dynamicProviderHost = `#!/bin/sh
host=$(node -p "require.resolve('@pulumi/pulumi/cmd/dynamic-provider')") || exit 1
exec node "$host" "$@"
`;

const timeoutMs = 40 * 60 * 1000;
const progressEveryMs = 15_000;

export const builtWithGo: CliSource = {
  title: "a build with Go",
  async get(context) {
    if (process.platform === "win32") throw new Error("not supported on Windows");
    const go = await findGo(context.env);
    context.log(
      `Building the Pulumi CLI ${cachedVersion} with Go. This takes about five minutes, once; the result is cached.`,
    );
    return installIntoCache(context, async (root) => {
      const bin = join(root, "bin");
      await mkdir(bin);
      for (const program of programs) await build(go, program, bin, context);
      const shim = join(bin, "pulumi-resource-pulumi-nodejs");
      await writeFile(shim, dynamicProviderHost);
      await chmod(shim, 0o755);
    });
  },
};

async function build(go: string, program: Program, bin: string, context: Context): Promise<void> {
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
  } finally {
    await rm(module, { recursive: true, force: true });
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
