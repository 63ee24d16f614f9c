import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../tools/pulumiCli/cache";
import { run } from "./commands";

/** The current LTS version of Node.js. A test asserts that `process.release.lts` is set. */
const ltsVersion = "24.21.0";

/** Returns the folder of `node` in the current LTS version, from the npm package for this platform. */
export const nodeLts = () => node(ltsVersion);

/** Returns the folder of `node` in the given version. The folder contains only `node`, not npm. */
export async function node(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  return join(await cached("node", name, version), "node_modules", name, "bin");
}

/** Returns the path of npm's script in the given version. */
export async function npmCli(version: string): Promise<string> {
  return join(await cached("npm", "npm", version), "node_modules/npm/bin/npm-cli.js");
}

/** Returns the path of pnpm. Not a devDependency, since only these tests need its 70 MB, and npm scripts would find it on PATH. */
export async function pnpm(): Promise<string> {
  return join(await cached("pnpm", "pnpm", "12.21.0"), "node_modules/.bin/pnpm");
}

/** Returns the path of Yarn, from the npm registry. Corepack would download it from another site. */
export async function yarn(): Promise<string> {
  return join(await cached("yarn", "@yarnpkg/cli-dist", "4.18.1"), "node_modules/.bin/yarn");
}

/**
 * Installs a package into the user's cache folder, once. It is installed in a temporary folder and then renamed, so that an
 * incomplete installation is never used.
 */
async function cached(title: string, name: string, version: string): Promise<string> {
  const target = join(dirname(cacheFolder(process.env)), `${title}-${version}`);
  if (!existsSync(target)) {
    await mkdir(dirname(target), { recursive: true });
    const fresh = await mkdtemp(`${target}.partial-`);
    try {
      await run(fresh, "npm", "install", "--prefix", fresh, "--prefer-offline", `${name}@${version}`);
      await rename(fresh, target).catch((error) => {
        // Another process installed it first.
        if (!existsSync(target)) throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  return target;
}
