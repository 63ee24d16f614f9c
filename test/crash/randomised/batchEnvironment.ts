import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { MistralClient } from "../../../provider/src/client";
import { provider } from "../../../provider/src/resource/serializedProvider";
import { TestServer } from "../../support/server";
import { TestProxy } from "../../support/testProxy";

const repository = resolve(__dirname, "../../..");
/** At this speed a training takes a few milliseconds. Most of the time is spent on retry delays. */
const SPEED = 10_000;

/** How often each fault was injected, by its name. */
export type FaultCounts = Map<string, number>;

/** The environment that the seeds of one batch share: a server, a proxy, and a program folder. */
export class BatchEnvironment {
  private constructor(
    private readonly faultCounts: FaultCounts,
    readonly folder: string,
    /** The serialized provider, as the engine passes it to the host. */
    readonly provider: string,
    readonly proxy: TestProxy,
    private readonly server: TestServer,
  ) {}

  static async create(faultCounts: FaultCounts): Promise<BatchEnvironment> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "mistral-random-")));
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
    const { text } = await pulumi.runtime.serializeFunction(() => provider);
    const server = await TestServer.start({ speed: SPEED });
    return new BatchEnvironment(faultCounts, folder, text, await TestProxy.start({ target: server.url }), server);
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
