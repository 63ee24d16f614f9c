import { createRequire } from "node:module";

/** A message for a resource's line. */
export interface EngineMessage {
  /** Empty: the message belongs to the stack. */
  urn: string;
  text: string;
  severity: "info" | "warning";
  /** Only the last one is shown, and none once the operation has ended. */
  ephemeral: boolean;
}

/** The engine that started this process, as far as a provider may talk to it. */
export interface Engine {
  /** Shows a message. One that does not arrive disturbs nothing. */
  log(message: EngineMessage): void;
  /** Calls back once when the engine has ended, for instance because it was killed. */
  onExit(callback: () => void): void;
}

/** How often the engine is looked for, and how long it has to answer. */
const PROBE_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 3_000;

/** The engine is on this machine: the proxy of the environment is not for it. */
const OPTIONS = { "grpc.enable_http_proxy": 0 };

/** What the host's own copy of the gRPC library and of Pulumi's protocol give. */
interface EngineClient {
  log(request: object, callback: () => void): void;
  waitForReady(deadline: number, callback: (error?: Error) => void): void;
}

/**
 * Connects to the engine, whose address is the last argument of the process. The gRPC library must be the host's own copy, so
 * it is resolved from the host's main file.
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

/** A connection that stands is ready at once, also while the engine is suspended; only a closed one has to be made anew. */
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
