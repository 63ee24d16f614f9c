import { mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { MistralClient } from "../../../provider/src/client";
import { provider } from "../../../provider/src/resource/serializedProvider";
import { TestServer } from "../../support/server";
import { TestProxy } from "../../support/testProxy";

const repository = resolve(__dirname, "../../..");
/** At this speed a training takes a few milliseconds, so most of the time is spent between retries. */
const SPEED = 10_000;

/** How often each fault happened, by name. */
export type Done = Map<string, number>;

/** The resources that the seeds of one batch share: a server, a proxy, and a program folder. */
export class World {
  private constructor(
    private readonly done: Done,
    readonly folder: string,
    /** The serialized provider, as the engine passes it to the host. */
    readonly provider: string,
    readonly proxy: TestProxy,
    private readonly server: TestServer,
  ) {}

  static async create(done: Done): Promise<World> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "mistral-random-")));
    await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
    const { text } = await pulumi.runtime.serializeFunction(() => provider);
    const server = await TestServer.start({ speed: SPEED });
    return new World(done, folder, text, await TestProxy.start({ target: server.url }), server);
  }

  /** A client that talks to the server directly, not through the proxy. */
  get client(): MistralClient {
    return new MistralClient({ baseUrl: this.server.url });
  }

  count(what: string): void {
    this.done.set(what, (this.done.get(what) ?? 0) + 1);
  }

  async end(): Promise<void> {
    await this.proxy.stop();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
