import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MistralClient } from "../../provider/src/client";
import type { PulumiCli } from "../../tools/pulumiCli";
import { sample } from "../support/samples";
import { TestServer } from "../support/server";
import { type Deployment, Stack } from "../support/stack";
import { TestProxy } from "../support/testProxy";
import { type Operation, type Scene, scenes } from "./operations";

/** Simulated seconds per real second: a job of 20 steps trains for a quarter of a second, a job of a million steps for hours. */
const SPEED = 200;
const PROJECT = "crash";

/** A stack, a proxy and a server. `set` restores all three to the state before an operation. Lanes run in parallel. */
export class Lane {
  private readonly saved = new Set<Scene>();

  private constructor(
    private readonly base: string,
    readonly stack: Stack,
    readonly proxy: TestProxy,
    private readonly server: TestServer,
  ) {}

  static async create(cli: PulumiCli): Promise<Lane> {
    const base = await mkdtemp(join(tmpdir(), "mistral-crash-"));
    const proxy = await TestProxy.start();
    const stack = await Stack.create(cli, {
      project: PROJECT,
      files: { "index.ts": "", "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": proxy.url() },
    });
    const server = await TestServer.start({ dataFolder: join(base, "data"), speed: SPEED });
    proxy.target = server.url;
    const lane = new Lane(base, stack, proxy, server);
    await lane.save("empty");
    return lane;
  }

  /** A client that talks to the server directly, not through the proxy. */
  get client(): MistralClient {
    return new MistralClient({ baseUrl: this.server.url });
  }

  /** Restores the stack, the server's data and the program to the state before an operation. */
  async set({ scene, program }: Operation): Promise<void> {
    if (!this.saved.has(scene)) await this.create(scene);
    await this.restore(scene);
    const text = program ?? scenes[scene]?.program;
    if (text !== undefined) await this.stack.write("index.ts", text);
  }

  /** Kills the server, and restarts it with the same data on another port. */
  async crashServer(): Promise<void> {
    await this.server.kill();
    await this.startServer();
  }

  /** Reads the deployment from the state file, since `pulumi stack export` takes a second. */
  async state(): Promise<Deployment> {
    const file = join(this.stack.stateFolder, `.pulumi/stacks/${PROJECT}/dev.json`);
    return JSON.parse(await readFile(file, "utf8")).checkpoint.latest ?? {};
  }

  async end(): Promise<void> {
    await this.server.kill();
    await this.proxy.stop();
    await rm(this.base, { recursive: true, force: true });
    await this.stack.remove();
  }

  private async startServer(): Promise<void> {
    await this.server.start({ samePort: false });
    this.proxy.target = this.server.url;
  }

  private async create(scene: Scene): Promise<void> {
    await this.restore("empty");
    this.proxy.route("");
    await this.stack.write("index.ts", scenes[scene]?.program ?? "");
    const { code, output } = await this.stack.up();
    if (code !== 0) throw new Error(`\`pulumi up\` for the scene "${scene}" failed:\n${output}`);
    await this.save(scene);
  }

  private async save(scene: Scene): Promise<void> {
    await this.server.end();
    for (const [folder, copy] of this.foldersOf(scene)) await cp(folder, copy, { recursive: true });
    this.saved.add(scene);
    await this.startServer();
  }

  private async restore(scene: Scene): Promise<void> {
    await this.server.kill();
    for (const [folder, copy] of this.foldersOf(scene)) {
      await rm(folder, { recursive: true, force: true });
      await cp(copy, folder, { recursive: true });
    }
    await this.startServer();
  }

  private foldersOf(scene: Scene): [folder: string, copy: string][] {
    return [
      [this.stack.stateFolder, join(this.base, scene, "state")],
      [join(this.base, "data"), join(this.base, scene, "data")],
    ];
  }
}
