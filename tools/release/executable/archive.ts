import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

/** A file of an archive. */
export interface Entry {
  name: string;
  content: Buffer;
  executable: boolean;
}

/** Writes a `.tar.gz` file. The same entries give the same bytes. */
export async function writeArchive(path: string, entries: readonly Entry[]): Promise<void> {
  const tar = pack();
  for (const { name, content, executable } of entries) {
    tar.entry({ name, mode: executable ? 0o755 : 0o644, mtime: new Date(0) }, content);
  }
  tar.finalize();
  await pipeline(tar, createGzip(), createWriteStream(path));
}

/** Returns the SHA-256 of a file in hexadecimal. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
