import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Capabilities, parseCapabilities, UNDECLARED } from "./capabilities";
import { environmentWithoutGpu } from "./environment";
import { runInGroup } from "./runInGroup";

const CAPABILITIES_TIMEOUT_MS = 120_000;

/** Seconds between SIGTERM and SIGKILL for commands that change nothing. */
export const SHORT_GRACE = 5;

/** A training program, and its capabilities. */
export class Program {
  private readonly closing = new AbortController();
  private asked: Promise<Capabilities> | undefined;

  /** @param command the program and its first arguments */
  constructor(readonly command: readonly string[]) {}

  /** Returns the capabilities. The program is asked once. @throws after `close` */
  capabilities(): Promise<Capabilities> {
    if (this.asked === undefined) {
      this.asked = this.ask();
      // Nobody may be waiting for the answer.
      this.asked.catch(() => {});
    }
    return this.asked;
  }

  /** Stops the command `capabilities`. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.asked?.catch(() => {});
  }

  /** A program that fails, prints something else, or does not exit is one that has only the command that trains. */
  private async ask(): Promise<Capabilities> {
    // Groups do not exist on Windows.
    if (process.platform === "win32") return UNDECLARED;
    // A program that takes `capabilities` for a job's folder must find nothing to train on.
    const cwd = await mkdtemp(join(tmpdir(), "capabilities-"));
    try {
      const signal = AbortSignal.any([this.closing.signal, AbortSignal.timeout(CAPABILITIES_TIMEOUT_MS)]);
      const options = { cwd, env: environmentWithoutGpu(), signal, grace: SHORT_GRACE };
      const { code, stdout } = await runInGroup([...this.command, "capabilities"], options);
      return (code === 0 ? parseCapabilities(stdout) : undefined) ?? UNDECLARED;
    } catch {
      // A program whose answer is unknown must not validate a job as one without capabilities.
      this.closing.signal.throwIfAborted();
      return UNDECLARED;
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  }
}
