import { tmpdir } from "node:os";
import { execa } from "execa";
import semver from "semver";
import which from "which";

/** What the engine's module asks for. */
export const minimumGo = "1.26.0";

/** The first release that fetches a newer Go by itself when a module asks for one. */
const selfUpdating = "1.21.0";

/** The `go` on PATH, if it can build the CLI; the error says what else is needed. */
export async function findGo(env: NodeJS.ProcessEnv): Promise<string> {
  const go = await which("go", { path: env.PATH ?? "", nothrow: true });
  if (!go) throw new Error(`no \`go\` is on PATH, and ${minimumGo} or later is needed`);
  // Outside any module, whose `toolchain` line would else answer for this Go.
  const { stdout, failed, shortMessage } = await execa(go, ["env", "GOVERSION", "GOTOOLCHAIN"], {
    cwd: tmpdir(),
    env,
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  if (failed) throw new Error(`${go} does not answer \`go env\` (${shortMessage})`);
  const [goVersion = "", toolchain = ""] = stdout.split("\n");
  const version = semver.coerce(goVersion)?.version ?? "0.0.0";
  const updatesItself = semver.gte(version, selfUpdating) && toolchain.includes("auto");
  if (semver.lt(version, minimumGo) && !updatesItself) {
    throw new Error(`${go} is ${goVersion || "of an unknown version"}, and ${minimumGo} or later is needed`);
  }
  return go;
}
