import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { ExplainedError } from "./main";
import { groupLeader, killWithParent, signalGroup } from "./processes";

const ownBin = resolve(__dirname, "../server/bin/mistral-fine-tuning-server.js");
const startTimeoutMs = 30_000;
const stopTimeoutMs = 10_000;

export interface EmbeddedServer {
  url: string;
  /** Ends it, and resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it as a crash of the machine would: it puts nothing in order. */
  kill(): Promise<void>;
}

/**
 * The house's own server as a process of its own on a free loopback port, with the trainer that only simulates. It is in a
 * process group of its own, so that Ctrl-C does not take it from a `pulumi up` that still has to save its state.
 *
 * @param bin the server's program, for instance of another checkout
 * @param env variables that are added to the server's environment
 */
export async function startEmbeddedServer(
  dataFolder: string,
  options: readonly string[] = [],
  { bin = ownBin, env = {} }: { bin?: string; env?: Record<string, string> } = {},
): Promise<EmbeddedServer> {
  await mkdir(dataFolder, { recursive: true });
  const args = [bin, "--host", "127.0.0.1", "--port", "0", "--data", dataFolder, "--trainer", "simulated", ...options];
  const child = killWithParent(execa(process.execPath, args, { ...groupLeader, env, stdin: "ignore", all: true }));

  const listening = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url) resolve(url);
    });
    child.then(
      ({ all }) => reject(new ExplainedError(`The embedded server ended before it listened.\n${all}`)),
      reject,
    );
    setTimeout(
      () => reject(new ExplainedError(`The embedded server did not listen within ${startTimeoutMs / 1000} s.`)),
      startTimeoutMs,
    ).unref();
  });

  async function stop(): Promise<void> {
    signalGroup(child.pid, "SIGTERM");
    const patience = setTimeout(() => signalGroup(child.pid, "SIGKILL"), stopTimeoutMs);
    await child;
    clearTimeout(patience);
  }

  async function kill(): Promise<void> {
    signalGroup(child.pid, "SIGKILL");
    await child;
  }

  try {
    return { url: await listening, stop, kill };
  } catch (error) {
    await stop();
    throw error;
  }
}
