import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import got from "got";
import type { WireAsset } from "../schema/assets";
import type { DataFile } from "../schema/files";
import { InputProblem } from "./validate";

/** What identifies a file's content. */
export interface Fingerprint {
  /** SHA-256 in hex. */
  sha256: string;
  bytes: number;
}

/** A file's content, wherever it comes from, as a stream. */
export function open(file: DataFile): Readable {
  if (file.path !== undefined) return createReadStream(file.path);
  const { text, uri } = (file.asset ?? {}) as WireAsset;
  if (text !== undefined) return Readable.from([Buffer.from(text)]);
  if (uri?.startsWith("file:")) return createReadStream(new URL(uri));
  if (uri !== undefined) return got.stream(uri);
  throw new Error("the asset has neither text nor URI");
}

/** Reads a file once, in constant memory, and says what its content is. */
export async function fingerprint(file: DataFile, where: string): Promise<Fingerprint> {
  if (file.path !== undefined) await mustBeFile(file.path, where);
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    await pipeline(open(file), async (chunks) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
      }
    });
  } catch (error) {
    throw new InputProblem(where, `cannot read ${describe(file)}: ${(error as Error).message}`);
  }
  if (bytes === 0) throw new InputProblem(where, `${describe(file)} is empty`);
  return { sha256: hash.digest("hex"), bytes };
}

/** A file in words, for messages. */
export function describe(file: DataFile): string {
  if (file.path !== undefined) return file.path;
  if (file.fileId !== undefined) return `the file ${file.fileId}`;
  const { text, uri } = (file.asset ?? {}) as WireAsset;
  return text === undefined ? (uri ?? "the asset") : "the string asset";
}

async function mustBeFile(path: string, where: string): Promise<void> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? `no such file (looked for ${resolve(path)})` : error.message;
    throw new InputProblem(where, `${path}: ${reason}`);
  });
  if (!stats.isFile()) throw new InputProblem(where, `${path} is not a file`);
}
