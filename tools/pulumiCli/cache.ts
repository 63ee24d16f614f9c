import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type CliSource, type Context, NotInstalled } from "./source";
import { type PulumiCli, verifyInstalled } from "./verify";

/** The release to install when no CLI is found: the newest whose modules the Go module proxy serves. */
export const cachedVersion = "3.259.0";

/** Longer than any installation takes. An older partial folder was left by a killed process. */
const abandonedAfterMs = 60 * 60 * 1000;

export const fromCache: CliSource = {
  title: "the cache of an earlier run",
  async get({ env }) {
    const root = cacheFolder(env);
    if (!existsSync(root)) throw new NotInstalled(`${root} does not exist`);
    return verifyInstalled(root, env);
  },
};

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const home = env.HOME || homedir();
  const caches = env.XDG_CACHE_HOME || join(home, process.platform === "darwin" ? "Library/Caches" : ".cache");
  return join(caches, "pulumi-mistral", `cli-${cachedVersion}`);
}

/**
 * Installs a CLI into a temporary folder, and moves the folder into the cache once its CLI runs. An incomplete installation is
 * therefore never used, and two processes can install at the same time.
 *
 * @param fill installs the CLI into the `bin` folder of `root`
 */
export async function installIntoCache(context: Context, fill: (root: string) => Promise<void>): Promise<PulumiCli> {
  const target = cacheFolder(context.env);
  await mkdir(dirname(target), { recursive: true });
  await removeAbandoned(target);
  const fresh = await mkdtemp(`${target}.partial-`);
  try {
    await fill(fresh);
    await verifyInstalled(fresh, context.env);
    await publish(fresh, target, context.env);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return verifyInstalled(target, context.env);
}

async function publish(fresh: string, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  const otherWasFaster = await verifyInstalled(target, env).then(
    () => true,
    () => false,
  );
  if (otherWasFaster) return;
  await rm(target, { recursive: true, force: true });
  // Fails when another process renamed its folder first. The caller verifies whichever folder is there.
  await rename(fresh, target).catch(() => undefined);
}

/** Removes the partial folders that killed processes left beside `target`. */
export async function removeAbandoned(target: string): Promise<void> {
  const parent = dirname(target);
  const partials = (await readdir(parent)).filter((name) => name.startsWith(`${basename(target)}.partial-`));
  for (const path of partials.map((name) => join(parent, name))) {
    const age = Date.now() - (await stat(path).then((it) => it.mtimeMs, Date.now));
    if (age > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}
