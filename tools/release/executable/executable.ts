import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { signForMac } from "./macSignature";
import { nodeBinary } from "./nodeBinary";
import { type Platform, platformHere } from "./platforms";
import { withoutWindowsSignature } from "./windowsSignature";

/** Marks the place in Node.js that says whether a program is injected. Documented under "Single executable applications". */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
/** The largest page size of the platforms. The library that signs macOS programs needs parts of whole pages. */
const PAGE_BYTES = 16 * 1024;

/** Prepares a script for injection into Node.js. The result works on all platforms. */
export async function prepared(code: string): Promise<Buffer> {
  const here = platformHere();
  if (!here) throw new Error(`cannot build executables on ${process.platform}-${process.arch}`);
  const folder = await mkdtemp(join(tmpdir(), "mistral-executable-"));
  try {
    const config = { main: "main.js", output: "main.blob", disableExperimentalSEAWarning: true };
    await writeFile(join(folder, "main.js"), code);
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    await execa(await nodeBinary(here), ["--experimental-sea-config", "config.json"], { cwd: folder });
    const blob = await readFile(join(folder, "main.blob"));
    return Buffer.concat([blob], Math.ceil(blob.length / PAGE_BYTES) * PAGE_BYTES);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes an executable: Node.js for the platform, which runs the prepared script when it starts. */
export async function writeExecutable(platform: Platform, blob: Buffer, path: string): Promise<void> {
  const node = await readFile(await nodeBinary(platform));
  await writeFile(path, platform.os === "windows" ? withoutWindowsSignature(node) : node);
  await inject(path, blob);
  if (platform.os === "darwin") await signForMac(path);
  await chmod(path, 0o755);
}

/** In a process of its own: the library keeps the memory that it used, and prints warnings about Node.js that do not matter. */
async function inject(path: string, blob: Buffer): Promise<void> {
  const blobPath = `${path}.blob`;
  await writeFile(blobPath, blob);
  try {
    const options = ["--sentinel-fuse", FUSE, "--macho-segment-name", "NODE_SEA"];
    await execa("postject", [path, "NODE_SEA_BLOB", blobPath, ...options], {
      preferLocal: true,
      localDir: __dirname,
    });
  } finally {
    await rm(blobPath, { force: true });
  }
}
