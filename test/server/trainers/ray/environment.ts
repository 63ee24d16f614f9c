import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const VERSION = "2.60.0";

/** Milliseconds. */
const PATIENCE = 240_000;

const FOLDER = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-mistral", `ray-${VERSION}`);

/**
 * The Python of an environment that has Ray, made where there is none.
 *
 * @throws when it cannot be made, or not in time, or when processes cannot have a network of their own here
 */
export async function findOrMakeRay(): Promise<string> {
  await run("unshare", [...UNSHARE.slice(1), "true"]);
  if (!existsSync(join(FOLDER, "bin/ray"))) {
    const deadline = Date.now() + PATIENCE;
    await rm(FOLDER, { recursive: true, force: true });
    await run("python3", ["-m", "venv", FOLDER], { timeout: PATIENCE });
    const install = ["-m", "pip", "install", "--quiet", `ray[default]==${VERSION}`];
    await run(join(FOLDER, "bin/python"), install, { timeout: deadline - Date.now() }).catch(async (error) => {
      // Half an environment must not be found the next time.
      await rm(FOLDER, { recursive: true, force: true });
      throw error;
    });
  }
  return join(FOLDER, "bin/python");
}

/** Runs a command in namespaces of its own: of processes, which end with the first of them, and of the network. */
export const UNSHARE: readonly string[] = [
  "unshare",
  ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]),
  ...["--net", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
