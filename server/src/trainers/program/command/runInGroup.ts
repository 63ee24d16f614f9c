import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

const RUNNER = join(__dirname, "groupRunner.js");

/** Output beyond this size is not kept, in bytes. A row of a long sequence is about 500 kB. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** The part of the options that the runner process receives, as JSON. */
export interface GroupTask {
  command: readonly string[];
  /** The files that show progress: see `hangTimeout`. */
  watched: readonly string[];
  /** Seconds without a growing file after which the command is killed; no limit by default. */
  hangTimeout?: number | undefined;
}

export interface GroupOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** The command is stopped when this signal aborts. */
  signal: AbortSignal;
  /** Seconds between SIGTERM and SIGKILL when the command is stopped. */
  grace: number;
  /** File descriptor for stdout and stderr; by default both are returned. */
  output?: number;
  watched?: readonly string[];
  hangTimeout?: number;
}

/** How a command ended. */
export interface GroupResult {
  code: number | null;
  signal: string | null;
  /** The command was killed because none of its files grew within the hang timeout. */
  hung?: boolean;
}

/** Whether a signal ended the command. A shell reports the signal of its child as exit code 128 + signal. */
export function wasKilled({ code, signal }: Pick<GroupResult, "code" | "signal">): boolean {
  const names = ["SIGHUP", "SIGINT", "SIGKILL", "SIGTERM"] as const;
  return signal !== null || names.some((name) => code === 128 + constants.signals[name]);
}

/**
 * Runs a command in its own process group until it exits. No process of the command remains afterwards, also when the
 * server is killed meanwhile.
 *
 * @throws the reason of `signal` when it aborts, after the command has ended
 */
export async function runInGroup(
  command: readonly string[],
  options: GroupOptions,
): Promise<GroupResult & { stdout: string; stderr: string }> {
  const { cwd, env, signal, grace, output = "pipe", watched = [], hangTimeout } = options;
  signal.throwIfAborted();
  const task: GroupTask = { command, watched, hangTimeout };
  const runner = spawn(process.execPath, [RUNNER, JSON.stringify(task)], {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
  });
  let result: GroupResult | undefined;
  runner.once("message", (message) => {
    result = message as GroupResult;
  });
  const [stdout, stderr] = [textOf(runner.stdout), textOf(runner.stderr)];
  const stop = () => void stopGroup(runner, grace);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [code, killedBy] = (await once(runner, "exit")) as [number | null, string | null];
    const received = runner.connected ? once(runner, "disconnect") : undefined;
    // A process that has left the group may keep the output open: do not wait for it.
    await Promise.race([Promise.all([received, stdout.ended, stderr.ended]), sleep(1000)]);
    signal.throwIfAborted();
    return { ...(result ?? { code, signal: killedBy }), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function stopGroup(runner: ChildProcess, grace: number): Promise<void> {
  kill(runner, "SIGTERM");
  await sleep(grace * 1000, undefined, { ref: false });
  kill(runner, "SIGKILL");
}

function kill({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  // The process ID belongs to the group until this process has observed the runner's exit.
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended.
  }
}

function textOf(stream: Readable | null): { text: () => string; ended: Promise<unknown> } {
  if (stream === null) return { text: () => "", ended: Promise.resolve() };
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_OUTPUT) chunks.push(chunk);
  });
  return { text: () => Buffer.concat(chunks).toString("utf8"), ended: once(stream, "close") };
}
