import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedServer,
  type LaunchOptions,
  type ServerExit,
  startEmbeddedServer,
} from "../../tools/embeddedServer";

export interface ServerOptions extends Pick<LaunchOptions, "env" | "wrapper"> {
  /** How many times faster than real time the simulated trainer runs. */
  speed?: number;
  /** Additional command-line options of the server. */
  args?: readonly string[];
  /** A data folder that is kept. Default: a new folder, which `stopAndRemove` removes. */
  dataFolder?: string;
}

/** Runs the real server as a child process on a free port. The server can be killed and restarted with the same data. */
export class TestServer {
  private static readonly all = new Set<TestServer>();
  private running: EmbeddedServer | undefined;
  private port = "0";

  private constructor(
    private options: ServerOptions,
    private readonly dataFolder: string,
  ) {}

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), "mistral-server-")));
    const server = new TestServer(options, dataFolder);
    try {
      await server.start();
    } catch (error) {
      await server.stopAndRemove();
      throw error;
    }
    return server;
  }

  /** Kills the servers that a failed test left running. */
  static async killAll(): Promise<void> {
    await Promise.all([...TestServer.all].map((server) => server.kill()));
  }

  get url(): string {
    return this.process.url;
  }

  get pid(): number {
    return this.process.pid as number;
  }

  private get process(): EmbeddedServer {
    if (!this.running) throw new Error("the server is not running");
    return this.running;
  }

  /** Restarts the server after `kill` or `terminate`. Uses the same port by default, because the URL is part of a stack's state. */
  async start({ samePort = true } = {}): Promise<void> {
    const { speed, args = [], env = {}, wrapper = [] } = this.options;
    const flags = speed === undefined ? args : ["--speed", String(speed), ...args];
    this.running = await startEmbeddedServer(this.dataFolder, ["--port", samePort ? this.port : "0", ...flags], {
      env: { MISTRAL_SERVER_API_KEYS: "", ...env },
      wrapper,
    });
    TestServer.all.add(this);
    this.port = new URL(this.running.url).port;
  }

  /** Restarts the server with other options, on the same port and with the same data. */
  async restart(options: ServerOptions): Promise<void> {
    await this.terminate();
    this.options = options;
    await this.start();
  }

  /** Kills the server with SIGKILL. Keeps its data. */
  kill(): Promise<ServerExit | undefined> {
    return this.terminate("SIGKILL");
  }

  /** Stops the server with a signal. Keeps its data. Resolves to undefined when the server was not running. */
  async terminate(signal: NodeJS.Signals = "SIGTERM"): Promise<ServerExit | undefined> {
    const exited = await this.running?.stop(signal);
    this.running = undefined;
    TestServer.all.delete(this);
    return exited;
  }

  /** Stops the server with SIGTERM, and removes its data folder unless `dataFolder` was set. */
  async stopAndRemove(): Promise<void> {
    await this.terminate();
    if (!this.options.dataFolder) await rm(this.dataFolder, { recursive: true, force: true });
  }
}
