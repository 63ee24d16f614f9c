import { createInterface } from "node:readline";
import { type CallOptions, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as messages from "@pulumi/pulumi/proto/provider_pb";
import { execa } from "execa";
import { groupLeader, killWithParent, signalGroup } from "../../../tools/processes";
import { type Properties, propertiesOf, struct } from "../properties";
import type { TestedHost } from "../testedHost";
import { HostDied, initFailureIn } from "./wire";

let engines = 0;

/**
 * Returns an address where nothing listens: the host only sends log messages to the engine. Each host gets an address of its own,
 * because hosts with the same address belong to one run of the engine and share the IDs of live jobs.
 */
function nextEngine(): string {
  engines += 1;
  return `127.0.${Math.floor(engines / 200) + 1}.${(engines % 200) + 1}:1`;
}

/** Longer than the total time of all retries, so a call that reaches this limit hangs. */
const CALL_TIMEOUT_MS = 180_000;

/** Runs a provider host as a child process, and calls the host over gRPC as the engine does. */
export class ProviderHost {
  private killed = false;

  private constructor(
    private readonly pid: number | undefined,
    private readonly client: ResourceProviderClient,
  ) {}

  /** @param folder the working directory; Pulumi's host for dynamic providers resolves `pulumi-mistral` from here */
  static async start({ program }: TestedHost, folder: string): Promise<ProviderHost> {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(MISTRAL_|PULUMI_|NODE_V8_COVERAGE$)/.test(name)),
    );
    const options = { ...groupLeader, cwd: folder, env, extendEnv: false, stdin: "ignore", stderr: "ignore" } as const;
    const child = killWithParent(execa(process.execPath, [program, nextEngine()], options));
    const port = await new Promise<string>((resolve, reject) => {
      createInterface(child.stdout).once("line", resolve);
      child.then(() => reject(new Error("the provider's host did not start")), reject);
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const host = new ProviderHost(child.pid, client);
    await host.call(client.configure, new messages.ConfigureRequest().setArgs(struct({})).setAcceptsecrets(true));
    return host;
  }

  get isDead(): boolean {
    return this.killed;
  }

  /** Kills the host with SIGKILL. */
  kill(): void {
    this.killed = true;
    signalGroup(this.pid, "SIGKILL");
    this.client.close();
  }

  async check(urn: string, olds: Properties, news: Properties): Promise<Properties> {
    const request = new messages.CheckRequest().setUrn(urn).setOlds(struct(olds)).setNews(struct(news));
    const reply = await this.call(this.client.check, request);
    const failures = reply.getFailuresList().map((failure) => failure.getReason());
    if (failures.length > 0) throw new Error(failures.join("; "));
    return propertiesOf(reply.getInputs());
  }

  async diff(urn: string, id: string, olds: Properties, news: Properties) {
    const request = new messages.DiffRequest().setUrn(urn).setId(id).setOlds(struct(olds)).setNews(struct(news));
    const reply = await this.call(this.client.diff, request);
    const { DIFF_SOME } = messages.DiffResponse.DiffChanges;
    return { changes: reply.getChanges() === DIFF_SOME, replaces: reply.getReplacesList() };
  }

  async create(urn: string, inputs: Properties): Promise<{ id: string; outputs: Properties }> {
    const request = new messages.CreateRequest().setUrn(urn).setProperties(struct(inputs));
    const reply = await this.call(this.client.create, request);
    return { id: reply.getId(), outputs: propertiesOf(reply.getProperties()) };
  }

  async update(urn: string, id: string, olds: Properties, news: Properties): Promise<Properties> {
    const request = new messages.UpdateRequest().setUrn(urn).setId(id).setOlds(struct(olds)).setNews(struct(news));
    return propertiesOf((await this.call(this.client.update, request)).getProperties());
  }

  async delete(urn: string, id: string, outputs: Properties): Promise<void> {
    await this.call(
      this.client.delete,
      new messages.DeleteRequest().setUrn(urn).setId(id).setProperties(struct(outputs)),
    );
  }

  private async call<Request, Reply>(method: Unary<Request, Reply>, request: Request): Promise<Reply> {
    if (this.killed) throw new HostDied();
    const options = { deadline: Date.now() + CALL_TIMEOUT_MS };
    return new Promise((resolve, reject) => {
      method.call(this.client, request, new Metadata(), options, (error, reply) => {
        if (!error) resolve(reply);
        else if (this.killed) reject(new HostDied());
        else reject(initFailureIn(error) ?? error);
      });
    });
  }
}

type Unary<Request, Reply> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, reply: Reply) => void,
) => unknown;
