import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pnpm, yarn } from "./cached";
import { run, runWith } from "./commands";

/** Runs `npm install` without install scripts, since no dependency needs them. */
export async function npmInstall(folder: string): Promise<void> {
  await run(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts");
}

/**
 * Runs `pnpm install`. pnpm reads its settings from YAML, and JSON is valid YAML. Without `strictDepBuilds: false`, it fails when a
 * dependency has an install script.
 */
export async function pnpmInstall(folder: string, settings: object = {}): Promise<void> {
  await writeJson(folder, "pnpm-workspace.yaml", { ...settings, strictDepBuilds: false });
  await run(folder, await pnpm(), "install", "--no-frozen-lockfile", "--prefer-offline");
}

/** Runs `yarn install`. Yarn does not read npm's settings, so this passes on the registry. */
export async function yarnInstall(folder: string): Promise<void> {
  // Without a lock file, Yarn looks for a project in the parent folders.
  await writeFile(join(folder, "yarn.lock"), "");
  const settings = {
    YARN_NODE_LINKER: "node-modules",
    YARN_NPM_REGISTRY_SERVER: (await run(folder, "npm", "config", "get", "registry")).trim(),
    YARN_ENABLE_TELEMETRY: "false",
    // In CI, Yarn otherwise refuses to write a lock file, and checks the lock file of a pull request against the registry.
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_ENABLE_HARDENED_MODE: "false",
  };
  await runWith(settings, folder, await yarn(), "install");
}

/** Writes a JSON file, or adds the fields to an existing one. */
export async function writeJson(folder: string, file: string, value: object): Promise<void> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  const present = await readFile(path, "utf8").catch(() => "{}");
  await writeFile(path, JSON.stringify({ ...JSON.parse(present), ...value }));
}
