import { readFileSync, statSync } from "node:fs";
import { UsageError } from "../domain/errors";
import type { Logger } from "../log";
import { isPlainText, type KeyTable, keyLines, parseKeys } from "./access/keyEntries";
import type { KeySource } from "./auth";

/** A file that changed less than this ago may still be being written, in milliseconds. */
const SETTLE_MS = 200;

/** A failed read is repeated after this time, in milliseconds. */
const RETRY_MS = 1000;

interface KeysFileContent {
  version: string;
  /** The mode bits of the file. */
  mode: number;
  entries: string[];
}

/**
 * The keys of a keys file. Reads the file again when it has changed, so that a key can be added or revoked without a
 * restart. A file that cannot be read or is invalid keeps the previous keys. An empty file admits nobody.
 */
export class KeysFile implements KeySource {
  private keys: KeyTable;
  /** Identifies the version of the file whose content was checked last. */
  private version: string;
  /** After a failed read: the time of the next one, on the clock of `performance.now()`. */
  private nextRead = 0;
  /** Why the last read failed. Prevents the same log line for every retry. */
  private readFailure: string | undefined;

  /**
   * @param log receives problems with the file
   * @throws {UsageError} when the file cannot be read, is invalid or contains no key
   */
  constructor(
    private readonly path: string,
    private readonly log?: Logger,
  ) {
    const { version, mode, entries } = this.read();
    this.version = version;
    this.keys = parseKeys(entries);
    if (this.keys.size === 0) {
      throw new UsageError(`the keys file ${path} contains no key`);
    }
    this.warnAboutAccess(mode, entries);
  }

  current(): KeyTable {
    const { version, changedAt } = versionOf(this.path);
    if (version !== this.version && !isSettling(changedAt) && performance.now() >= this.nextRead) {
      this.reload();
    }
    return this.keys;
  }

  private reload(): void {
    let file: KeysFileContent;
    try {
      file = this.read();
      // Only after a successful read: a failed one is repeated, or a revoked key would stay valid.
      this.version = file.version;
      this.readFailure = undefined;
    } catch (error) {
      this.nextRead = performance.now() + RETRY_MS;
      const { message } = error as Error;
      if (message !== this.readFailure) this.keepKeys(message);
      this.readFailure = message;
      return;
    }
    try {
      this.keys = parseKeys(file.entries);
    } catch (error) {
      this.keepKeys((error as Error).message);
      return;
    }
    this.warnAboutAccess(file.mode, file.entries);
    if (this.keys.size === 0) {
      this.log?.error(
        { path: this.path },
        "the keys file contains no key: all its keys are rejected; add a key to the file",
      );
    } else {
      this.log?.info({ path: this.path, keys: this.keys.size }, "read the keys file again");
    }
  }

  private keepKeys(reason: string): void {
    this.log?.error(
      { path: this.path, reason, keys: this.keys.size },
      "cannot use the changed keys file: the previous keys stay valid; fix the file",
    );
  }

  /** Returns the version before the content: a change in between is then noticed at the next request. */
  private read(): KeysFileContent {
    const { version, mode } = versionOf(this.path);
    try {
      return { version, mode, entries: keyLines(readFileSync(this.path, "utf8")) };
    } catch (error) {
      throw new UsageError(`cannot read the keys file: ${(error as Error).message}`);
    }
  }

  private warnAboutAccess(mode: number, entries: readonly string[]): void {
    // Windows has no mode bits.
    if (process.platform === "win32") return;
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
function versionOf(path: string): { version: string; mode: number; changedAt: number } {
  try {
    const { ino, size, mode, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return {
      version: [ino, size, mtimeNs, ctimeNs].join(),
      mode: Number(mode),
      changedAt: Number(ctimeNs / 1_000_000n),
    };
  } catch (error) {
    return { version: String((error as NodeJS.ErrnoException).code), mode: 0, changedAt: 0 };
  }
}

function isSettling(changedAt: number): boolean {
  const age = Date.now() - changedAt;
  return age >= 0 && age < SETTLE_MS;
}
