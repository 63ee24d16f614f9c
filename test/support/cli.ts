import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { groupLeader, killWithParent } from "../../tools/processes";

/** The result of a CLI command. */
export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
  /** stdout and stderr, interleaved. */
  output: string;
  seconds: number;
}

/** A CLI command that may still be running. */
export interface RunningCli {
  /** The output so far. */
  readonly output: string;
  /** Resolves once the output matches. Rejects when the command ends without a match. */
  waitFor(pattern: RegExp): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Resolves when the command ends, with any exit code. Rejects when the command was killed by the timeout. */
  result: Promise<CliResult>;
}

/** Starts the CLI in a folder with exactly this environment. The CLI is killed on timeout and when this process exits. */
export function spawnCli(
  binary: string,
  args: readonly string[],
  { timeoutMs, ...options }: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number },
): RunningCli {
  const started = performance.now();
  const subprocess = execa(binary, args, { ...groupLeader, ...options, extendEnv: false, stdin: "ignore", all: true });
  const child = killWithParent(subprocess, timeoutMs);

  let output = "";
  const decoder = new TextDecoder();
  child.all.on("data", (chunk: Buffer) => {
    output += decoder.decode(chunk, { stream: true });
  });

  const result = child.then(({ exitCode, signal, stdout, stderr, all }): CliResult => {
    const seconds = (performance.now() - started) / 1000;
    if (signal === "SIGKILL" && seconds * 1000 >= timeoutMs) {
      throw new Error(`\`pulumi ${args.join(" ")}\` did not end within ${timeoutMs / 1000} s:\n${all}`);
    }
    return { code: exitCode ?? -1, stdout, stderr, output: all, seconds };
  });
  // Prevents an unhandled rejection when the test does not await the result.
  result.catch(() => undefined);

  async function waitFor(pattern: RegExp): Promise<void> {
    const ended = child.then(() => true);
    while (!pattern.test(output)) {
      if (await Promise.race([ended, sleep(50, false)])) {
        if (pattern.test(output)) return;
        throw new Error(`\`pulumi ${args.join(" ")}\` ended without printing ${pattern}:\n${output}`);
      }
    }
  }

  return {
    get output() {
      return output;
    },
    waitFor,
    signal: (name) => child.kill(name),
    result,
  };
}
