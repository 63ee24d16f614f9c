import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Capabilities, parseCapabilities, UNDECLARED } from "./capabilities";
import { type ProgramEnvironment, programEnvironment, withoutGpu } from "./environment";
import { type GroupResult, runInGroup, wasKilled } from "./runInGroup";

const CAPABILITIES_TIMEOUT_MS = 120_000;

/** How often the command runs when it is killed, for example because the machine has no memory left. */
const MAX_RUNS = 3;
const PAUSE_MS = 1000;

/** Seconds between SIGTERM and SIGKILL for commands that change nothing. */
export const SHORT_GRACE = 5;

/** A training program, and its capabilities. */
export class Program {
  private readonly closing = new AbortController();
  private asked: Promise<Capabilities> | undefined;

  /** @param command the program and its first arguments */
  constructor(
    readonly command: readonly string[],
    readonly environment: ProgramEnvironment = programEnvironment(),
  ) {}

  /**
   * Returns the capabilities. Runs the command once and keeps its answer.
   *
   * @throws after `close`, and when the command cannot be run now; the next call then runs the command again
   */
  capabilities(): Promise<Capabilities> {
    if (this.asked === undefined) {
      const asked = this.ask();
      this.asked = asked;
      // Also prevents an unhandled rejection when no caller waits for the answer.
      asked.catch(() => {
        if (this.asked === asked && !this.closing.signal.aborted) this.asked = undefined;
      });
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
    for (let run = 1; run <= MAX_RUNS; run++) {
      const result = await this.run();
      if (!wasKilled(result)) {
        return (result.code === 0 ? parseCapabilities(result.stdout) : undefined) ?? UNDECLARED;
      }
      await sleep(PAUSE_MS, undefined, { signal: this.closing.signal });
    }
    // The answer is unknown. Without it, a job could be planned by other rules than those of the program.
    throw new Error(
      `The command capabilities of the training program was killed ${MAX_RUNS} times; check the memory of the server's machine`,
    );
  }

  private async run(): Promise<Pick<GroupResult, "code" | "signal"> & { stdout: string }> {
    // A program that takes `capabilities` for a job's folder must find nothing to train on.
    const cwd = await mkdtemp(join(tmpdir(), "capabilities-"));
    const timeout = AbortSignal.timeout(CAPABILITIES_TIMEOUT_MS);
    try {
      const signal = AbortSignal.any([this.closing.signal, timeout]);
      const options = { cwd, env: withoutGpu(this.environment()), signal, grace: SHORT_GRACE };
      return await runInGroup([...this.command, "capabilities"], options);
    } catch (error) {
      this.closing.signal.throwIfAborted();
      if (timeout.aborted) return { code: null, signal: null, stdout: "" };
      throw error;
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  }
}
