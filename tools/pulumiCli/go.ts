import { tmpdir } from "node:os";
import { execa } from "execa";
import semver from "semver";
import which from "which";

/** The Go version that the engine's module requires. */
export const minimumGo = "1.26.0";

/** The first Go release that downloads a newer toolchain when a module requires one. */
const firstSelfUpdatingGo = "1.21.0";

/** Returns the path of the `go` on PATH. Throws when there is none or it cannot build the CLI. */
export async function findGo(env: NodeJS.ProcessEnv): Promise<string> {
  const go = await which("go", { path: env.PATH ?? "", nothrow: true });
  if (!go) throw new Error(`there is no \`go\` on PATH; Go ${minimumGo} or later is required`);
  // Run outside of any module, because a `toolchain` line in its go.mod changes the reported version.
  const { stdout, failed, shortMessage } = await execa(go, ["env", "GOVERSION", "GOTOOLCHAIN"], {
    cwd: tmpdir(),
    env,
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  if (failed) throw new Error(`\`${go} env\` failed: ${shortMessage}`);
  const [goVersion = "", toolchain = ""] = stdout.split("\n");
  const version = semver.coerce(goVersion)?.version ?? "0.0.0";
  const updatesItself = semver.gte(version, firstSelfUpdatingGo) && toolchain.includes("auto");
  if (semver.lt(version, minimumGo) && !updatesItself) {
    throw new Error(`${go} is ${goVersion || "of an unknown version"}; ${minimumGo} or later is required`);
  }
  return go;
}
