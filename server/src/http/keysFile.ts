import { readFileSync, statSync } from "node:fs";
import { UsageError } from "../domain/errors";
import type { Logger } from "../log";
import { isPlainText, type KeySource, type KeyTable, keyLines, parseKeys } from "./auth";

/** A file that changed less than this ago may still be being written, in milliseconds. */
const SETTLE_MS = 200;

/**
 * The keys of a keys file. Reads the file again when it has changed, so that a key can be added or revoked without a
 * restart. A file that cannot be read or is invalid keeps the previous keys. An empty file admits nobody.
 */
export class KeysFile implements KeySource {
  private keys: KeyTable;
  /** Identifies the version of the file that was read last, or the error. */
  private version: string;

  /**
   * @param log receives problems with the file
   * @throws {UsageError} when the file cannot be read, is invalid or contains no key
   */
  constructor(
    private readonly path: string,
    private readonly log?: Logger,
  ) {
    const { version, entries } = this.read();
    this.version = version;
    this.keys = parseKeys(entries);
    if (this.keys.size === 0) {
      throw new UsageError(`the keys file ${path} contains no key`);
    }
    this.warnAboutAccess(entries);
  }

  current(): KeyTable {
    const found = versionOf(this.path);
    if (found.version !== this.version && !isSettling(found.changedAt)) {
      this.version = found.version;
      this.reload();
    }
    return this.keys;
  }

  private reload(): void {
    try {
      const { version, entries } = this.read();
      this.keys = parseKeys(entries);
      this.version = version;
      this.warnAboutAccess(entries);
      if (this.keys.size === 0) {
        this.log?.error({ path: this.path }, "the keys file contains no key: none of its keys is accepted any more");
      } else {
        this.log?.info({ path: this.path, keys: this.keys.size }, "read the keys file again");
      }
    } catch (error) {
      const { message: reason } = error as Error;
      this.log?.error(
        { path: this.path, reason, keys: this.keys.size },
        "cannot use the changed keys file: the previous keys stay valid; fix the file",
      );
    }
  }

  /** Returns the version before the content: a change in between is then noticed at the next request. */
  private read(): { version: string; entries: string[] } {
    const { version } = versionOf(this.path);
    try {
      return { version, entries: keyLines(readFileSync(this.path, "utf8")) };
    } catch (error) {
      throw new UsageError(`cannot read the keys file: ${(error as Error).message}`);
    }
  }

  private warnAboutAccess(entries: readonly string[]): void {
    // Windows has no mode bits.
    if (process.platform === "win32") return;
    const { mode } = statSync(this.path);
    const isExposed = (mode & 0o004) !== 0 && entries.some(isPlainText);
    if (isExposed || (mode & 0o002) !== 0) {
      const access = isExposed ? "read the API keys in the keys file" : "change the keys file";
      this.log?.warn(
        { path: this.path, mode: (mode & 0o777).toString(8) },
        `all users of this machine can ${access}; run chmod 600 on the file`,
      );
    }
  }
}

/** Returns what identifies the content of a file without reading it, also after an atomic replacement. */
function versionOf(path: string): { version: string; changedAt: number } {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return { version: [ino, size, mtimeNs, ctimeNs].join(), changedAt: Number(ctimeNs / 1_000_000n) };
  } catch (error) {
    return { version: String((error as NodeJS.ErrnoException).code), changedAt: 0 };
  }
}

function isSettling(changedAt: number): boolean {
  const age = Date.now() - changedAt;
  return age >= 0 && age < SETTLE_MS;
}
