import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

const BIN = join(__dirname, "../../server/bin/mistral-fine-tuning-server.js");

const running = new Set<ChildProcess>();

interface Started {
  child: ChildProcess;
  url: string;
  /** All that it wrote to stdout until it was listening. */
  output: string;
}

/** Runs the real program until it ends. */
export async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const child = launch(args, env);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/**
 * Starts the real program and waits until it listens.
 *
 * @param around a command that becomes the program that is named after it
 */
export async function startProcess(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  around: string[] = [],
): Promise<Started> {
  const child = launch(["--port", "0", ...args], env, around);
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    const url = /^mistral-fine-tuning-server listening on (http:\/\/\S+)$/m.exec(output)?.[1];
    if (url !== undefined && output.includes("Data is kept")) {
      return { child, url, output };
    }
  }
  throw new Error(`the server ended: ${output}`);
}

/** A command around a program that gives it a small disk of its own; undefined where users may not mount one. */
export function onSmallDisk(folder: string, size: string): string[] | undefined {
  const around = ["unshare", "-rm", "sh", "-c", `mount -t tmpfs -o size=${size} none '${folder}' && exec "$@"`, "sh"];
  const [program, ...args] = around as [string, ...string[]];
  return spawnSync(program, [...args, "true"]).status === 0 ? around : undefined;
}

/** Ends a process, and waits until it has. @returns its exit code, or the signal's name */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string> {
  const exited = once(child, "exit");
  child.kill(signal);
  const [code, by] = await exited;
  return code ?? by;
}

/** Ends whatever a failed test left running. */
export function killProcesses(): void {
  for (const child of running) {
    child.kill("SIGKILL");
  }
}

function launch(args: string[], env: NodeJS.ProcessEnv, around: string[] = []) {
  const [program, ...rest] = [...around, process.execPath, BIN, ...args] as [string, ...string[]];
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MISTRAL_SERVER_API_KEYS: "", ...env },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}
