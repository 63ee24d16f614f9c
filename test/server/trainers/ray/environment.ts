import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const VERSION = "2.60.0";

/** Milliseconds. */
const INSTALL_TIMEOUT = 240_000;

const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-mistral", `ray-${VERSION}`);

/**
 * Returns the Python of an environment with Ray. Creates the environment if it does not exist.
 *
 * @throws when the installation fails or times out, or when this machine does not allow network namespaces
 */
export async function findOrMakeRay(): Promise<string> {
  await run("unshare", [...UNSHARE.slice(1), "true"]);
  if (!existsSync(join(FOLDER, "bin/ray"))) {
    const deadline = Date.now() + INSTALL_TIMEOUT;
    await rm(FOLDER, { recursive: true, force: true });
    await run("python3", ["-m", "venv", FOLDER], { timeout: INSTALL_TIMEOUT });
    const install = ["-m", "pip", "install", "--quiet", `ray[default]==${VERSION}`];
    await run(join(FOLDER, "bin/python"), install, { timeout: deadline - Date.now() }).catch(async (error) => {
      // A later run must not find an incomplete environment.
      await rm(FOLDER, { recursive: true, force: true });
      throw error;
    });
  }
  return join(FOLDER, "bin/python");
}

/** A command that runs its arguments in a new network and PID namespace. All processes end with the first one. */
export const UNSHARE: readonly string[] = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  ...["--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
