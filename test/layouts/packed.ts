import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "./commands";

const repository = resolve(__dirname, "../..");

/** A packed package, as npm publishes it. */
export interface Packed {
  tarball: string;
  version: string;
  /** The paths of the files in the tarball. */
  files: string[];
}

/** Packs a package of this repository; writes the tarball into a folder. */
export async function pack(name: "provider" | "server", folder: string): Promise<Packed> {
  const json = await run(join(repository, name), "npm", "pack", "--json", "--pack-destination", folder);
  const [{ filename, version, files }] = JSON.parse(json);
  return { tarball: join(folder, filename), version, files: files.map(({ path }: { path: string }) => path) };
}

/** Unpacks a tarball into a new folder. */
export async function unpack({ tarball }: Pick<Packed, "tarball">, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run(folder, "tar", "-xzf", tarball, "--strip-components", "1");
}

/** Creates a temporary folder outside the repository, so that programs in it do not find the repository's `node_modules`. */
export async function temporaryFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "mistral-layouts-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
