import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pnpm, yarn } from "./cached";
import { run, runWith } from "./commands";

/** Installs what `package.json` says. Install scripts are left out: no dependency needs its own. */
export async function npmInstall(folder: string): Promise<void> {
  await run(folder, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts");
}

/** pnpm takes its settings from YAML, of which JSON is a part. It fails where a dependency has an install script, unless told. */
export async function pnpmInstall(folder: string, settings: object = {}): Promise<void> {
  await writeJson(folder, "pnpm-workspace.yaml", { ...settings, strictDepBuilds: false });
  await run(folder, await pnpm(), "install", "--no-frozen-lockfile", "--prefer-offline");
}

/** Yarn, which reads none of npm's settings. */
export async function yarnInstall(folder: string): Promise<void> {
  // Without a lock file, it would look for a project in the folders above.
  await writeFile(join(folder, "yarn.lock"), "");
  const settings = {
    YARN_NODE_LINKER: "node-modules",
    YARN_NPM_REGISTRY_SERVER: (await run(folder, "npm", "config", "get", "registry")).trim(),
    YARN_ENABLE_TELEMETRY: "false",
    // On CI it would refuse to write a lock file, and would check that of a pull request with the registry.
    YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
    YARN_ENABLE_HARDENED_MODE: "false",
  };
  await runWith(settings, folder, await yarn(), "install");
}

/** Writes a JSON file, or adds to the one that is there. */
export async function writeJson(folder: string, file: string, value: object): Promise<void> {
  const path = join(folder, file);
  await mkdir(dirname(path), { recursive: true });
  const present = await readFile(path, "utf8").catch(() => "{}");
  await writeFile(path, JSON.stringify({ ...JSON.parse(present), ...value }));
}
