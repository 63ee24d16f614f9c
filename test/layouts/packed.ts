import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { run } from "./commands";

const repository = resolve(__dirname, "../..");

/** A package as npm would publish it. */
export interface Packed {
  tarball: string;
  version: string;
  /** The paths of its files. */
  files: string[];
}

/** Packs a package of this repository into a folder. */
export async function pack(name: "provider" | "server", folder: string): Promise<Packed> {
  const json = await run(join(repository, name), "npm", "pack", "--json", "--pack-destination", folder);
  const [{ filename, version, files }] = JSON.parse(json);
  return { tarball: join(folder, filename), version, files: files.map(({ path }: { path: string }) => path) };
}

/** Unpacks it into a new folder. */
export async function unpack({ tarball }: Packed, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await run(folder, "tar", "-xzf", tarball, "--strip-components", "1");
}

/** A new folder, away from this repository's `node_modules`, and its removal. */
export async function temporaryFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "mistral-layouts-"));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
