import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { loadGot } from "../client/got";
import { agentsFor } from "../client/proxy";
import type { WireAsset } from "../schema/assets";
import type { DataFile } from "../schema/files";
import { beginsWithJson, LOOKED_AT_BYTES } from "./firstLine";
import { InputProblem } from "./problem";

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
  if (uri !== undefined) return loadGot().got.stream(uri, agentsFor(new URL(uri)));
  throw new Error("the asset has neither text nor URI");
}

/**
 * Reads a file once, in constant memory, and says what its content is.
 *
 * @param begins whether the first line has to be JSON: what is no JSONL at all is better told before it is uploaded
 */
export async function fingerprint(file: DataFile, where: string, begins: "with JSON" | "anyhow"): Promise<Fingerprint> {
  if (file.path !== undefined) await mustBeFile(file.path, where);
  const hash = createHash("sha256");
  let bytes = 0;
  let head = Buffer.alloc(0);
  try {
    await pipeline(open(file), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        if (head.length < LOOKED_AT_BYTES) head = Buffer.concat([head, chunk]);
      }
    });
  } catch (error) {
    throw new InputProblem(where, `${describe(file)}: ${reasonOf(error)}`);
  }
  if (bytes === 0)
    throw new InputProblem(where, `${describe(file)}: expected a JSON object on each line, got no bytes`);
  if (begins === "with JSON" && !beginsWithJson(head, bytes)) {
    throw new InputProblem(where, `${describe(file)}:1: expected a JSON object on each line, got none on this one`);
  }
  return { sha256: hash.digest("hex"), bytes };
}

/** A file in words, for messages. */
export function describe(file: DataFile): string {
  if (file.path !== undefined) return file.path;
  if (file.fileId !== undefined) return `the file ${file.fileId}`;
  const { text, uri } = (file.asset ?? {}) as WireAsset;
  return text === undefined && uri !== undefined ? withoutSecrets(uri) : "the string asset";
}

async function mustBeFile(path: string, where: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    const looked = isAbsolute(path) ? "" : ` (looked for ${resolve(path)})`;
    throw new InputProblem(where, `${path}: ${reasonOf(error)}${looked}`);
  });
  if (stats.isFile()) return;
  throw new InputProblem(where, `${path}: expected a file, got a ${stats.isDirectory() ? "directory" : "device"}`);
}

const REASONS: Record<string, string> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOTDIR: "a part of the path is no directory",
  ELOOP: "too many symbolic links",
};

function reasonOf(error: unknown): string {
  // got's own text holds the whole URL.
  if (error instanceof loadGot().HTTPError) return `the server answered ${error.response.statusCode}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ""] ?? message;
}

/** A URL without what may be a password or a signature. */
function withoutSecrets(uri: string): string {
  return Object.assign(new URL(uri), { username: "", password: "", search: "", hash: "" }).href;
}
