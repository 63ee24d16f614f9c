import { createHash, randomUUID } from "node:crypto";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../inputs/data/cacheFolder";
import type { SharedIds } from "../lifecycle/runtime/host";

const TOUCHED_EVERY_MS = 60_000;
const COUNTS_FOR_MS = 10 * TOUCHED_EVERY_MS;

/**
 * The live IDs of all provider processes of one engine. The engine runs one process for each provider that the state or the program
 * names. After a stack has moved to another provider, host or version, the old process deletes what the new process still uses.
 *
 * Each process appends its IDs to a file of its own in the user's cache, named by the engine's address and the process ID. All
 * provider processes of an engine run until the engine closes, so a file counts only while its process runs. A later engine with the
 * same address therefore finds nothing, and `destroy` cancels the job. A process touches its file while it runs, and an untouched
 * file stops counting, because the system may give a process ID to another process.
 *
 * Failures are ignored: without the cache, each process knows its own IDs only.
 */
export class LiveIds implements SharedIds {
  private readonly prefix: string;
  private readonly name: string;
  private touching: NodeJS.Timeout | undefined;
  private readonly onExit = () => this.close();

  /** @param address the engine's address `host:port`; only one engine at a time has it */
  constructor(address: string) {
    this.prefix = `${hashOf(address)}-`;
    this.name = `${this.prefix}${process.pid}-${randomUUID()}`;
  }

  /** Synchronous, so that the ID is visible before the engine receives the result of the operation. */
  add(id: string): void {
    attempt(() => {
      const path = join(folder(), this.name);
      if (!this.touching) this.start(path);
      appendFileSync(path, `${hashOf(id)}\n`, { mode: 0o600 });
    });
  }

  has(id: string): boolean {
    const files = attempt(() => readdirSync(folder())) ?? [];
    return files.some((name) => name.startsWith(this.prefix) && attempt(() => counts(name) && contains(name, id)));
  }

  /** Removes the file. */
  close(): void {
    clearInterval(this.touching);
    process.off("exit", this.onExit);
    if (this.touching) attempt(() => rmSync(join(folder(), this.name), { force: true }));
    this.touching = undefined;
  }

  private start(path: string): void {
    mkdirSync(folder(), { recursive: true, mode: 0o700 });
    const touch = () => attempt(() => utimesSync(path, new Date(), new Date()));
    this.touching = setInterval(touch, TOUCHED_EVERY_MS).unref();
    process.once("exit", this.onExit);
    removeUnused();
  }
}

const folder = () => cacheFolder("live");

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);

const contains = (name: string, id: string) =>
  readFileSync(join(folder(), name), "utf8").split("\n").includes(hashOf(id));

/** Whether the process that wrote the file still runs. */
function counts(name: string): boolean {
  return Date.now() - statSync(join(folder(), name)).mtimeMs < COUNTS_FOR_MS && isRunning(Number(name.split("-")[1]));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // The process of another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Removes the files that killed processes have left. */
function removeUnused(): void {
  for (const name of readdirSync(folder())) {
    attempt(() => counts(name) || rmSync(join(folder(), name), { force: true }));
  }
}

function attempt<T>(operation: () => T): T | undefined {
  try {
    return operation();
  } catch {
    return undefined;
  }
}
