import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import {
  credentials,
  Server as GrpcServer,
  type Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** Receives the plugin's messages in place of Pulumi's engine. */
export class TestEngine {
  readonly messages: string[] = [];

  private constructor(
    private readonly server: Server,
    private port = 0,
  ) {}

  static async start(): Promise<TestEngine> {
    const server = new GrpcServer();
    const engine = new TestEngine(server);
    server.addService(EngineService, {
      log({ request }: ServerUnaryCall<LogRequest, Empty>, answer: sendUnaryData<Empty>) {
        engine.messages.push(request.getMessage());
        answer(null, new Empty());
      },
    });
    engine.port = await promisify(server.bindAsync.bind(server))("127.0.0.1:0", ServerCredentials.createInsecure());
    return engine;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.server.forceShutdown();
  }
}

/** A plugin that runs as a process of its own, and a client of it. */
export class PluginProcess {
  private constructor(
    readonly process: ChildProcess,
    private readonly client: ResourceProviderClient,
  ) {}

  /** Starts a plugin and waits for the port that it prints. */
  static async start(executable: string, engine: TestEngine, env: Record<string, string>): Promise<PluginProcess> {
    const child = spawn(executable, [engine.address], { env, stdio: ["ignore", "pipe", "inherit"] });
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    return new PluginProcess(
      child,
      new ResourceProviderClient(`127.0.0.1:${String(port).trim()}`, credentials.createInsecure()),
    );
  }

  /** Calls a method of the provider. */
  call<Request, Response>(name: keyof ResourceProviderClient, request: Request): Promise<Response> {
    type Method = (request: Request, callback: (error: ServiceError | null, response: Response) => void) => unknown;
    const method = this.client[name] as unknown as Method;
    return new Promise((resolve, reject) => {
      method.call(this.client, request, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  async exitCode(): Promise<number | null> {
    if (this.process.exitCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  end(): void {
    this.client.close();
    this.process.kill("SIGKILL");
  }
}
