import { createHash } from "node:crypto";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { findGo } from "../../pulumiCli/go";

/**
 * Signs a macOS program ad hoc, with a Go library, since Apple's `codesign` exists only on macOS.
 *
 * @throws Error when there is no Go, or the signature does not match the program
 */
export async function signForMac(path: string): Promise<void> {
  const go = await findGo(process.env);
  const signed = `${path}.signed`;
  try {
    await execa(go, ["run", ".", path, signed], { cwd: join(__dirname, "macSign") });
    requireMacSignature(await readFile(signed));
    await rename(signed, path);
  } finally {
    await rm(signed, { force: true });
  }
}

const LC_CODE_SIGNATURE = 0x1d;
const CODE_DIRECTORY = 0xfade0c02;
const FIRST_LOAD_COMMAND = 32;

/** Compares the hashes in the signature with the program, page by page, as macOS does when it starts the program. */
export function requireMacSignature(program: Buffer): void {
  const { directory, end } = signatureOf(program);
  const hashes = directory.readUInt32BE(16);
  const count = directory.readUInt32BE(28);
  const limit = directory.readUInt32BE(32);
  const pageSize = 1 << directory.readUInt8(39);
  if (limit !== end || count !== Math.ceil(limit / pageSize)) {
    throw new Error("the macOS signature does not cover the whole program");
  }
  for (let page = 0; page < count; page++) {
    const content = program.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const expected = directory.subarray(hashes + page * 32, hashes + (page + 1) * 32);
    if (!createHash("sha256").update(content).digest().equals(expected)) {
      throw new Error(`the macOS signature does not match page ${page} of the program`);
    }
  }
}

/** Returns the part of the signature that has the hashes, and the end of the signed content: the offset of the signature. */
function signatureOf(program: Buffer): { directory: Buffer; end: number } {
  const commands = program.readUInt32LE(16);
  for (let index = 0, offset = FIRST_LOAD_COMMAND; index < commands; index++) {
    if (program.readUInt32LE(offset) === LC_CODE_SIGNATURE) {
      const start = program.readUInt32LE(offset + 8);
      const signature = program.subarray(start, start + program.readUInt32LE(offset + 12));
      // The parts of the signature are listed from byte 12: type and offset, in big-endian.
      const parts = Array.from({ length: signature.readUInt32BE(8) }, (_, part) =>
        signature.readUInt32BE(16 + part * 8),
      );
      const directory = parts.find((part) => signature.readUInt32BE(part) === CODE_DIRECTORY);
      if (directory !== undefined) return { directory: signature.subarray(directory), end: start };
    }
    offset += program.readUInt32LE(offset + 4);
  }
  throw new Error("the macOS program has no signature");
}
