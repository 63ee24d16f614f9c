import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { licensesOf } from "../licenses";
import { sha256, writeArchive } from "./archive";
import { bundle } from "./bundle";
import { prepared, writeExecutable } from "./executable";
import { nodeBinary } from "./nodeBinary";
import { nameOf, PLATFORMS, type Platform, platformHere } from "./platforms";

const EXECUTABLE = "pulumi-resource-mistral";

export interface ArchiveOptions {
  /** Folder of the repository. The packages are compiled. */
  root: string;
  /** Receives the archives. */
  folder: string;
  /** The platforms to build for; by default all. */
  platforms?: readonly Platform[];
  log(line: string): void;
}

/** The name that Pulumi's CLI downloads, from the version and the names of the platform. */
export const archiveName = (version: string, platform: Platform) =>
  `${EXECUTABLE}-v${version}-${nameOf(platform)}.tar.gz`;

/**
 * Builds the archives of the plugin that need no Node.js on the user's machine, one per platform, and a file with their checksums.
 * Reports a platform whose archive cannot be built here, and builds the others.
 *
 * @returns the platforms whose archive was not built
 */
export async function buildArchives({ root, folder, platforms = PLATFORMS, log }: ArchiveOptions): Promise<Platform[]> {
  const { version } = JSON.parse(await readFile(join(root, "provider/package.json"), "utf8"));
  const { code, files } = await bundle(join(root, "provider/dist/plugin.js"));
  const blob = await prepared(code);
  const licenses = [
    { name: "LICENSE", content: await readFile(join(root, "LICENSE")) },
    { name: "THIRD_PARTY_LICENSES", content: Buffer.from(await thirdPartyLicenses(files)) },
  ].map((entry) => ({ ...entry, executable: false }));
  await mkdir(folder, { recursive: true });
  const built: string[] = [];
  const missing: Platform[] = [];
  for (const platform of platforms) {
    const path = join(folder, archiveName(version, platform));
    try {
      const program = await executable(platform, blob);
      await writeArchive(path, [{ ...program, executable: true }, ...licenses]);
    } catch (error) {
      log(`not built: ${basename(path)}: ${(error as Error).message}`);
      missing.push(platform);
      continue;
    }
    const proof = platform === platformHere() ? "" : "; built for another platform, so it was not run";
    log(`built ${basename(path)}: ${(await stat(path)).size} bytes${proof}`);
    built.push(path);
  }
  const checksums = join(folder, `${EXECUTABLE}-v${version}-checksums.txt`);
  const lines = await Promise.all(built.map(async (path) => `${await sha256(path)}  ${basename(path)}\n`));
  await writeFile(checksums, lines.join(""));
  return missing;
}

async function executable(platform: Platform, blob: Buffer): Promise<{ name: string; content: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), "mistral-archive-"));
  try {
    const name = platform.os === "windows" ? `${EXECUTABLE}.exe` : EXECUTABLE;
    await writeExecutable(platform, blob, join(folder, name));
    return { name, content: await readFile(join(folder, name)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The licenses of Node.js, which includes those of its own dependencies, and of the bundled packages. */
async function thirdPartyLicenses(files: readonly string[]): Promise<string> {
  const [linux] = PLATFORMS as [Platform];
  const node = await readFile(join(await nodeBinary(linux), "../../LICENSE"), "utf8");
  return `==== Node.js\n\n${node}\n${await licensesOf(files)}`;
}
