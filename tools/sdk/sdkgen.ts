import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { groupLeader, killWithParent } from "../processes";
import { cachedVersion, cacheFolder } from "../pulumiCli/cache";
import { findGo } from "../pulumiCli/go";

const source = join(__dirname, "../sdkgen");
/** A first build downloads and compiles about 500 packages. */
const timeoutMs = 20 * 60 * 1000;

/**
 * Returns the program that checks the schema and generates the SDKs. Builds it with Go once: the user's cache folder keeps one build
 * of each version of its source.
 *
 * @throws {Error} when there is no suitable Go or the build fails
 */
export async function buildSdkgen(env: NodeJS.ProcessEnv, log: (line: string) => void): Promise<string> {
  const texts = await Promise.all(["main.go", "go.mod", "go.sum"].map((name) => readFile(join(source, name), "utf8")));
  if (!texts[1]?.includes(`github.com/pulumi/pulumi/pkg/v3 v${cachedVersion}\n`)) {
    throw new Error(
      `tools/sdkgen/go.mod must require version ${cachedVersion} of Pulumi, as tools/pulumiCli/cache.ts does`,
    );
  }
  const hash = createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
  const target = join(dirname(cacheFolder(env)), `sdkgen-${hash}`);
  const program = join(target, process.platform === "win32" ? "sdkgen.exe" : "sdkgen");
  if (existsSync(program)) return program;

  const go = await findGo(env);
  log("Building the generator of the SDKs with Go. This takes up to four minutes, once; the result is cached.");
  await mkdir(dirname(target), { recursive: true });
  const fresh = await mkdtemp(`${target}.partial-`);
  try {
    const args = ["build", "-ldflags", "-s -w", "-o", `${fresh}/`, "."];
    const child = execa(go, args, { ...groupLeader, cwd: source, env, extendEnv: false, stdin: "ignore" });
    const { exitCode, stderr, shortMessage } = await killWithParent(child, timeoutMs);
    if (exitCode !== 0) throw new Error(`building tools/sdkgen failed: ${stderr || shortMessage}`);
    // Fails when another process was faster. Both have built the same program.
    await rename(fresh, target).catch((error) => {
      if (!existsSync(program)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return program;
}
