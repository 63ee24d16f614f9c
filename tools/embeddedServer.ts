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
  pid: number | undefined;
  /** Sends a signal, and waits until the process is gone. SIGKILL follows after 10 seconds. Default SIGTERM. */
  stop(signal?: NodeJS.Signals): Promise<ServerExit>;
}

/** How a server exited, and its output. */
export interface ServerExit {
  /** The exit code, or the name of the signal that ended the process. */
  exit: number | string | undefined;
  stdout: string;
  stderr: string;
}

export interface LaunchOptions {
  /** The server's program, for instance of another checkout. */
  bin?: string;
  /** Variables that are added to the server's environment. */
  env?: Record<string, string>;
  /** A command prefix, for example `nice -n 10`. The server's command line is appended. */
  wrapper?: readonly string[];
}

/**
 * Starts the self-hosted server as a child process on a free loopback port. The child leads a process group, so that Ctrl-C
 * does not stop the server while `pulumi up` still saves its state.
 *
 * @param dataFolder undefined for the server's default folder
 * @param options more options of the server's command line
 */
export async function startEmbeddedServer(
  dataFolder: string | undefined,
  options: readonly string[] = [],
  { bin = ownBin, env = {}, wrapper = [] }: LaunchOptions = {},
): Promise<EmbeddedServer> {
  if (dataFolder !== undefined) await mkdir(dataFolder, { recursive: true });
  const data = dataFolder === undefined ? [] : ["--data", dataFolder];
  const command = [...wrapper, process.execPath, bin, "--port", "0", ...data, ...options];
  const [program, ...args] = command as [string, ...string[]];
  const child = killWithParent(execa(program, args, { ...groupLeader, env, stdin: "ignore", all: true }));

  const listening = new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (url) resolve(url);
    });
    child.then(
      ({ all }) => reject(new ExplainedError(`The embedded server exited before it listened.\n${all}`)),
      reject,
    );
    setTimeout(
      () => reject(new ExplainedError(`The embedded server did not listen within ${startTimeoutMs / 1000} s.`)),
      startTimeoutMs,
    ).unref();
  });

  async function stop(signal: NodeJS.Signals = "SIGTERM"): Promise<ServerExit> {
    signalGroup(child.pid, signal);
    const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), stopTimeoutMs);
    const { exitCode, signal: ended, stdout, stderr } = await child;
    clearTimeout(timer);
    return { exit: exitCode ?? ended, stdout, stderr };
  }

  try {
    return { url: await listening, pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
