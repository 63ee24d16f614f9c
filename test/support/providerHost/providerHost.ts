import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { SERIALIZED_PROVIDERS } from "../../../provider/src/hosts/plugin/resources/dynamicProvider";
import { dynamicToken, pluginToken, type ResourceName } from "../../../provider/src/hosts/resourceTypes/names";
import { EngineLogServer } from "./engineLog";
import { type CallResult, failureOf, type Properties, plain, structOf } from "./wire";

export type HostKind = "dynamic" | "plugin";

const repository = resolve(__dirname, "../../..");
const mains: Record<HostKind, string> = {
  dynamic: resolve(repository, "node_modules/@pulumi/pulumi/cmd/dynamic-provider/index.js"),
  plugin: resolve(repository, "provider/bin/pulumi-resource-mistral.js"),
};
const tokens: Record<HostKind, (type: ResourceName) => string> = { dynamic: dynamicToken, plugin: pluginToken };

export interface OperationOptions {
  /** Timeout of the operation, in seconds. */
  timeoutSeconds?: number;
}

/**
 * A provider's process, called over gRPC as the engine calls it: the plugin, or Pulumi's dynamic host. It hides how the two get the
 * URN, the organization and the timeouts.
 */
export class ProviderHost {
  private constructor(
    readonly kind: HostKind,
    readonly process: ChildProcess,
    readonly client: ResourceProviderClient,
    readonly engine: EngineLogServer,
    private readonly type: ResourceName = "FineTuningJob",
  ) {}

  /** The same process, called for resources of another type. */
  of(type: ResourceName): ProviderHost {
    return new ProviderHost(this.kind, this.process, this.client, this.engine, type);
  }

  /**
   * @param folder the program's folder, from which the dynamic host loads `pulumi-mistral`
   * @param sharedEngine the engine of another provider's process
   */
  static async start(
    kind: HostKind,
    folder: string,
    env: NodeJS.ProcessEnv = {},
    sharedEngine?: EngineLogServer,
  ): Promise<ProviderHost> {
    const engine = sharedEngine ?? (await EngineLogServer.start());
    const child = spawn(process.execPath, [mains[kind], engine.address], {
      cwd: folder,
      env: { ...withoutOwnVariables(process.env), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr?.resume();
    const [port] = await once(createInterface(child.stdout as Readable), "line");
    const options = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), options);
    return new ProviderHost(kind, child, client, engine);
  }

  urn(name: string): string {
    return `urn:pulumi:dev::test-project::${tokens[this.kind](this.type)}::${name}`;
  }

  async configure(config: Record<string, string>): Promise<void> {
    const prefix = this.kind === "dynamic" ? "mistral:" : "";
    const request = new pb.ConfigureRequest();
    const entries = Object.entries(config).map(([key, value]) => [`${prefix}${key}`, value]);
    request.setArgs(structOf(Object.fromEntries(entries)));
    request.setAcceptsecrets(true);
    await this.send("configure", request);
  }

  /** @param news the program's inputs; the dynamic provider's class adds the others */
  async check(
    name: string,
    olds: Properties,
    news: Properties,
  ): Promise<CallResult<{ inputs: Properties; failures: string[] }>> {
    const request = new pb.CheckRequest();
    request.setUrn(this.urn(name));
    request.setOlds(structOf(olds));
    request.setNews(structOf({ ...news, ...this.classInputs(name) }));
    return this.call<pb.CheckResponse, { inputs: Properties; failures: string[] }>("check", request, (response) => ({
      inputs: plain(response.getInputs()),
      failures: response.getFailuresList().map((failure) => `[${failure.getProperty()}] ${failure.getReason()}`),
    }));
  }

  async diff(name: string, id: string, olds: Properties, news: Properties) {
    const request = new pb.DiffRequest();
    request.setUrn(this.urn(name));
    request.setId(id);
    request.setOlds(structOf(olds));
    request.setNews(structOf(news));
    return this.call<pb.DiffResponse, { changes: number; replaces: string[] }>("diff", request, (response) => ({
      changes: response.getChanges(),
      replaces: response.getReplacesList(),
    }));
  }

  async create(name: string, inputs: Properties, { timeoutSeconds = 0 }: OperationOptions = {}) {
    const request = new pb.CreateRequest();
    request.setUrn(this.urn(name));
    request.setProperties(structOf(this.withTimeout(inputs, "create", timeoutSeconds)));
    request.setTimeout(timeoutSeconds);
    return this.call<pb.CreateResponse, { id: string; properties: Properties }>("create", request, (response) => ({
      id: response.getId(),
      properties: plain(response.getProperties()),
    }));
  }

  async update(
    name: string,
    id: string,
    olds: Properties,
    news: Properties,
    { timeoutSeconds = 0 }: OperationOptions = {},
  ) {
    const request = new pb.UpdateRequest();
    request.setUrn(this.urn(name));
    request.setId(id);
    request.setOlds(structOf(olds));
    request.setNews(structOf(this.withTimeout(news, "update", timeoutSeconds)));
    request.setTimeout(timeoutSeconds);
    return this.call<pb.UpdateResponse, Properties>("update", request, (response) => plain(response.getProperties()));
  }

  async read(name: string, id: string, state: Properties, inputs: Properties) {
    const request = new pb.ReadRequest();
    request.setUrn(this.urn(name));
    request.setId(id);
    request.setProperties(structOf(state));
    request.setInputs(structOf(inputs));
    return this.call<pb.ReadResponse, { id: string; properties: Properties; inputs: Properties }>(
      "read",
      request,
      (response) => ({
        id: response.getId(),
        properties: plain(response.getProperties()),
        inputs: plain(response.getInputs()),
      }),
    );
  }

  async delete(name: string, id: string, state: Properties) {
    const request = new pb.DeleteRequest();
    request.setUrn(this.urn(name));
    request.setId(id);
    request.setProperties(structOf(state));
    return this.call<Empty, Record<string, never>>("delete", request, () => ({}));
  }

  async cancel(): Promise<void> {
    await this.send("cancel", new Empty());
  }

  async stop(): Promise<void> {
    this.client.close();
    this.process.kill();
    if (this.process.exitCode === null && this.process.signalCode === null) await once(this.process, "exit");
    this.engine.stop();
  }

  /** Sends any request. @throws the gRPC error */
  send<Response>(method: string, request: unknown): Promise<Response> {
    const call = Reflect.get(this.client, method) as Unary;
    return new Promise((resolve, reject) => {
      call.call(this.client, request, (error, response) => (error ? reject(error) : resolve(response as Response)));
    });
  }

  private async call<Response, Value>(
    method: string,
    request: unknown,
    convert: (response: Response) => Value,
  ): Promise<CallResult<Value>> {
    try {
      return { value: convert(await this.send<Response>(method, request)) };
    } catch (error) {
      return { failure: failureOf(error as ServiceError) };
    }
  }

  /** What the dynamic provider's class adds to the program's inputs. */
  private classInputs(name: string): Properties {
    if (this.kind === "plugin") return {};
    return { __provider: SERIALIZED_PROVIDERS[this.type], __urn: this.urn(name), __organization: "organization" };
  }

  private withTimeout(inputs: Properties, operation: string, seconds: number): Properties {
    return this.kind === "plugin" || seconds === 0 ? inputs : { ...inputs, __timeouts: { [operation]: seconds } };
  }
}

type Unary = (request: unknown, callback: (error: ServiceError | null, response: unknown) => void) => void;

/** The tests' own settings, and the variables that would make messages rare or measure coverage. */
function withoutOwnVariables(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(CI$|MISTRAL_|PULUMI_|NODE_V8_COVERAGE$)/.test(name)),
  );
}
