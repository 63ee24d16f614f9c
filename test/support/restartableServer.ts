import { type EmbeddedServer, startEmbeddedServer } from "../../tools/embeddedServer";

/** The real server on a data folder that outlives it. Each start may be on another port. */
export class RestartableServer {
  private running: EmbeddedServer | undefined;

  constructor(
    private readonly data: string,
    private readonly options: readonly string[],
  ) {}

  get url(): string {
    if (!this.running) throw new Error("the server does not run");
    return this.running.url;
  }

  async start(): Promise<void> {
    this.running = await startEmbeddedServer(this.data, this.options);
  }

  /** With SIGKILL. */
  async kill(): Promise<void> {
    await this.running?.kill();
    this.running = undefined;
  }

  async stop(): Promise<void> {
    await this.running?.stop();
    this.running = undefined;
  }
}
