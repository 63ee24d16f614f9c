/** A message on a resource's line. */
export interface EngineMessage {
  /** URN of the resource; empty for the stack. */
  urn: string;
  text: string;
  severity: "info" | "warning";
  /** Transient: each message replaces the previous one, and none remains after the operation. */
  ephemeral: boolean;
}

/** The connection to the engine that started this process. */
export interface Engine {
  /** Shows a message. Ignores failures. */
  log(message: EngineMessage): void;
  /** Calls `callback` once when the engine has exited, for example because it was killed. */
  onExit(callback: () => void): void;
  close(): void;
}

/** Interval and timeout of the engine's liveness probe. */
const PROBE_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 3_000;

/** The engine is on this machine, so ignore the proxy of the environment. */
const OPTIONS = { "grpc.enable_http_proxy": 0 };

/** The part of Pulumi's client class for the engine that this file uses. */
interface EngineClient {
  log(request: object, callback: () => void): void;
  waitForReady(deadline: number, callback: (error?: Error) => void): void;
  close(): void;
}

/** The modules of the gRPC library and of Pulumi's protocol. Each host has its own copy. */
export interface EngineModules {
  grpc: typeof import("@grpc/grpc-js");
  service: typeof import("@pulumi/pulumi/proto/engine_grpc_pb");
  messages: typeof import("@pulumi/pulumi/proto/engine_pb");
}

/** Connects to the engine at an address `host:port`. */
export function connectToEngine(address: string, { grpc, service, messages }: EngineModules): Engine {
  const { credentials, makeGenericClientConstructor } = grpc;
  const { LogRequest, LogSeverity } = messages;
  // The protocol's own client class belongs to its copy of the gRPC library, which may be another one than that of `grpc`.
  const Client = makeGenericClientConstructor(Reflect.get(service, "EngineService"), "Engine");
  const client = new Client(address, credentials.createInsecure(), OPTIONS) as unknown as EngineClient;
  return {
    log({ urn, text, severity, ephemeral }) {
      const request = new LogRequest();
      request.setSeverity(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
      request.setMessage(text);
      request.setUrn(urn);
      request.setEphemeral(ephemeral);
      client.log(request, () => {});
    },
    onExit: (callback) => watchConnection(client, callback),
    close: () => client.close(),
  };
}

/** Returns the engine's address, the last argument of a provider's process; undefined when Pulumi has not started the process. */
export function engineAddress(args: readonly string[]): string | undefined {
  const address = args.at(-1);
  return address && /^[^/]+:\d+$/.test(address) ? address : undefined;
}

/** Probes the connection. An open connection is ready immediately, even while the engine is suspended; a closed one must reconnect. */
function watchConnection(client: EngineClient, onExit: () => void): void {
  let wasConnected = false;
  const probe = () =>
    client.waitForReady(Date.now() + ANSWER_WITHIN_MS, (error) => {
      if (error && wasConnected) {
        onExit();
      } else {
        setTimeout(probe, PROBE_EVERY_MS).unref();
      }
      wasConnected ||= !error;
    });
  probe();
}
