import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pythonEnvironment, runPython } from "../../support/python";

/** Runs Python with the packages listed in `<packages>.txt` in this folder. Does not throw for a nonzero exit code. */
export async function python(
  packages: "mistralai" | "schemathesis" | "together",
  args: string[],
  cwd: string,
  timeoutMs: number,
) {
  const requirements = join(__dirname, `${packages}.txt`);
  const environment = await pythonEnvironment(["-r", requirements], [await readFile(requirements)]);
  const binary = join(environment, "bin/python");
  // A proxy would not reach a server on the loopback interface of this machine.
  return runPython(binary, args, { cwd, env: { NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" } }, timeoutMs);
}
