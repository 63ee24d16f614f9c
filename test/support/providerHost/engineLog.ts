import { Server, ServerCredentials } from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** A message that a provider has sent to the engine. */
export interface LoggedMessage {
  urn: string;
  text: string;
  severity: number;
  ephemeral: boolean;
}

/** Stands in for the engine's log, which a provider's process calls. The engine tests use the real engine. */
export class EngineLogServer {
  readonly messages: LoggedMessage[] = [];

  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async start(): Promise<EngineLogServer> {
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const log = new EngineLogServer(server, `127.0.0.1:${port}`);
    server.addService(EngineService as never, {
      log: ({ request }: { request: LogRequest }, callback: (error: null, reply: Empty) => void) => {
        log.messages.push({
          urn: request.getUrn(),
          text: request.getMessage(),
          severity: request.getSeverity(),
          ephemeral: request.getEphemeral(),
        });
        callback(null, new Empty());
      },
    });
    return log;
  }

  stop(): void {
    this.server.forceShutdown();
  }
}
