import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../tools/pulumiCli/cache";
import { run } from "./commands";

/** The current LTS: the newest release of which `process.release.lts` has a name. The test asserts that it has one. */
const ltsVersion = "24.21.0";

/** The `bin` folder of the current LTS of Node.js, as npm has it for this platform. */
export const nodeLts = () => node(ltsVersion);

/** The `bin` folder of a version of Node.js, which holds `node` alone. */
export async function node(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  return join(await cached("node", name, version), "node_modules", name, "bin");
}

/** The script of a version of npm. */
export async function npmCli(version: string): Promise<string> {
  return join(await cached("npm", "npm", version), "node_modules/npm/bin/npm-cli.js");
}

/** Not devDependencies: 70 MB, which nobody needs who does not run these tests; and a `pnpm` on PATH would surprise. */
export async function pnpm(): Promise<string> {
  return join(await cached("pnpm", "pnpm", "12.21.0"), "node_modules/.bin/pnpm");
}

/** From npm, since Corepack gets it from a site of its own. */
export async function yarn(): Promise<string> {
  return join(await cached("yarn", "@yarnpkg/cli-dist", "4.18.1"), "node_modules/.bin/yarn");
}

/** A package, installed once into the user's cache folder, beside the CLI. Nobody sees a half-filled folder. */
async function cached(title: string, name: string, version: string): Promise<string> {
  const target = join(dirname(cacheFolder(process.env)), `${title}-${version}`);
  if (!existsSync(target)) {
    await mkdir(dirname(target), { recursive: true });
    const fresh = await mkdtemp(`${target}.partial-`);
    try {
      await run(fresh, "npm", "install", "--prefix", fresh, "--prefer-offline", `${name}@${version}`);
      await rename(fresh, target).catch((error) => {
        // Another run was faster.
        if (!existsSync(target)) throw error;
      });
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  return target;
}
