import { createRequire } from "node:module";

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
}

/** Interval and timeout of the engine's liveness probe. */
const PROBE_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 3_000;

/** The engine is on this machine, so ignore the proxy of the environment. */
const OPTIONS = { "grpc.enable_http_proxy": 0 };

/** The client class in the host's copy of Pulumi's protocol. */
interface EngineClient {
  log(request: object, callback: () => void): void;
  waitForReady(deadline: number, callback: (error?: Error) => void): void;
}

/**
 * Connects to the engine, whose address is the last argument of the process. Resolves the gRPC library from the host's main file,
 * because it must be the host's copy.
 *
 * @returns undefined outside Pulumi's dynamic host
 */
export function connectToEngine(): Engine | undefined {
  const [, main] = process.argv;
  const address = process.argv.at(-1);
  if (!main || !address || !/^[^/]+:\d+$/.test(address)) return undefined;
  try {
    const require = createRequire(main);
    const { credentials } = require("@grpc/grpc-js");
    const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
    const { LogRequest, LogSeverity } = require("@pulumi/pulumi/proto/engine_pb.js");
    const client: EngineClient = new EngineClient(address, credentials.createInsecure(), OPTIONS);
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
    };
  } catch {
    return undefined;
  }
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
