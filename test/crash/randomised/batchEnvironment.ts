import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MistralClient } from "../../../provider/src/client";
import { TestServer } from "../../support/server";
import { TestProxy } from "../../support/testProxy";
import type { TestedHost } from "../testedHost";

const repository = resolve(__dirname, "../../..");
/** At this speed a training takes a few milliseconds. Most of the time is spent on retry delays. */
const SPEED = 10_000;

/** How often each fault was injected, by its name. */
export type FaultCounts = Map<string, number>;

/** The environment that the seeds of one batch share: a server, a proxy, and a program folder. */
export class BatchEnvironment {
  private constructor(
    private readonly faultCounts: FaultCounts,
    readonly host: TestedHost,
    readonly folder: string,
    readonly proxy: TestProxy,
    private readonly server: TestServer,
  ) {}

  static async create(host: TestedHost, faultCounts: FaultCounts): Promise<BatchEnvironment> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "mistral-random-")));
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
    const server = await TestServer.start({ speed: SPEED });
    const proxy = await TestProxy.start({ target: server.url });
    return new BatchEnvironment(faultCounts, host, folder, proxy, server);
  }

  /** A client that talks to the server directly, not through the proxy. */
  get client(): MistralClient {
    return new MistralClient({ baseUrl: this.server.url });
  }

  /** Increments the count of a fault or of another event. */
  count(event: string): void {
    this.faultCounts.set(event, (this.faultCounts.get(event) ?? 0) + 1);
  }

  async remove(): Promise<void> {
    await this.proxy.stop();
    await this.server.stopAndRemove();
    await rm(this.folder, { recursive: true, force: true });
  }
}
