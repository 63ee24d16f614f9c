import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";
import { cacheFolder } from "../../pulumiCli/cache";
import { NODE_VERSION, type Platform } from "./platforms";

/**
 * Returns the path of Node.js for a platform, from the npm registry. Kept in the user's cache folder.
 *
 * @throws Error when the package cannot be downloaded or is not the expected one
 */
export async function nodeBinary(platform: Platform): Promise<string> {
  const folder = join(dirname(cacheFolder(process.env)), `${platform.package}-${NODE_VERSION}`);
  if (!existsSync(folder)) await download(platform, folder);
  return join(folder, "package/bin", platform.os === "windows" ? "node.exe" : "node");
}

/** Fills a temporary folder and renames it, so that an incomplete download is never used. */
async function download(platform: Platform, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const fresh = await mkdtemp(`${folder}.partial-`);
  try {
    // Not `npm install`, which refuses the packages of other platforms. `npm pack` compares the file with the registry's hash.
    const spec = `${platform.package}@${NODE_VERSION}`;
    const { stdout } = await execa("npm", ["pack", spec, "--json", "--prefer-offline"], { cwd: fresh });
    const [packed] = Object.values(JSON.parse(stdout) as Record<string, { filename: string; integrity: string }>);
    if (packed?.integrity !== platform.integrity) {
      throw new Error(`the npm package ${spec} has the hash ${packed?.integrity}, expected ${platform.integrity}`);
    }
    await execa("tar", ["-xzf", basename(packed.filename)], { cwd: fresh });
    await rm(join(fresh, packed.filename));
    await rename(fresh, folder).catch((error) => {
      // Another process was faster.
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
