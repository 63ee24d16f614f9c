import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const BIN = join(__dirname, "../../server/bin/mistral-fine-tuning-server.js");

const running = new Set<ChildProcess>();

interface Started {
  child: ChildProcess;
  url: string;
  /** The output on stdout until the server was ready. */
  output: string;
}

/** Runs the real command and waits until it exits. */
export async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = launch(args, env);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/**
 * Starts the real command and waits until the server is ready.
 *
 * @param wrapper a command that executes the command line that is appended to it
 */
export async function startProcess(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  wrapper: string[] = [],
): Promise<Started> {
  const child = launch(["--port", "0", ...args], env, wrapper);
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    const url = /^mistral-fine-tuning-server listening on (http:\/\/\S+)$/m.exec(output)?.[1];
    if (url !== undefined && output.includes("Data is kept")) {
      return { child, url, output };
    }
  }
  throw new Error(`the server exited before it was ready: ${output}`);
}

/** Returns a wrapper command that mounts a small tmpfs on `folder`, or undefined when this user cannot mount one. */
export function onSmallDisk(folder: string, size: string): string[] | undefined {
  const wrapper = ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=${size} none '${folder}' && exec "$@"`, "sh"];
  const [program, ...args] = wrapper as [string, ...string[]];
  return spawnSync(program, [...args, "true"]).status === 0 ? wrapper : undefined;
}

/** Sends a signal to a process and waits until it exits. @returns the exit code, or the name of the signal */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string> {
  const exited = once(child, "exit");
  child.kill(signal);
  const [code, exitSignal] = await exited;
  return code ?? exitSignal;
}

/** Kills the processes that a failed test left running. */
export function killProcesses(): void {
  for (const child of running) {
    child.kill("SIGKILL");
  }
}

function launch(args: string[], env: NodeJS.ProcessEnv, wrapper: string[] = []) {
  const [program, ...rest] = [...wrapper, process.execPath, BIN, ...args] as [string, ...string[]];
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MISTRAL_SERVER_API_KEYS: "", ...env },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}
