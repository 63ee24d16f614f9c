import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedServer, startEmbeddedServer } from "../../tools/embeddedServer";

export interface ServerOptions {
  /** How many times faster than real time the simulated trainer runs. */
  speed?: number;
  /** More options of the server's command line. */
  args?: readonly string[];
  /** A data folder that outlives the server. Without one, the server has a new folder that `stop` removes. */
  dataFolder?: string;
}

/** The real server in its own process on a free port. It can be killed and started again on the same data. */
export class TestServer {
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
      await server.stop();
      throw error;
    }
    return server;
  }

  get url(): string {
    if (!this.running) throw new Error("the server does not run");
    return this.running.url;
  }

  /** Starts it again after `kill` or `end`. On the same port by default: the URL is part of a stack's state. */
  async start({ samePort = true } = {}): Promise<void> {
    const { speed, args = [] } = this.options;
    const flags = speed === undefined ? args : ["--speed", String(speed), ...args];
    this.running = await startEmbeddedServer(this.dataFolder, ["--port", samePort ? this.port : "0", ...flags]);
    this.port = new URL(this.running.url).port;
  }

  /** Ends it and starts it with other options, on the same port and data. */
  async restart(options: ServerOptions): Promise<void> {
    await this.end();
    this.options = options;
    await this.start();
  }

  /** Ends it with SIGKILL. */
  async kill(): Promise<void> {
    await this.running?.kill();
    this.running = undefined;
  }

  /** Ends it with SIGTERM, and keeps its data. */
  async end(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }

  /** Ends it with SIGTERM, and removes its data unless the folder was given. */
  async stop(): Promise<void> {
    await this.end();
    if (!this.options.dataFolder) await rm(this.dataFolder, { recursive: true, force: true });
  }
}
