import { createRequire } from "node:module";
import type { Importance } from "../../lifecycle/host";

/** Without a terminal every passing message becomes a line of the log: in CI one a minute is enough. */
const QUIET_MS = process.env.CI ? 60_000 : 1_000;

/**
 * Shows messages on a resource's own line of `pulumi up`, through the engine's `Log` call: `pulumi.log` finds no engine inside
 * a dynamic provider's host. The engine's address is the last argument of the process, and the gRPC library must be the host's
 * own copy, so it is resolved from the host's main file. Without them messages go to the host's stdout, which Pulumi shows on
 * the stack.
 */
export class EngineLog {
  private readonly send = connect();
  private readonly lastProgress = new Map<string, number>();
  private readonly warned = new Set<string>();

  say(urn: string | undefined, message: string, importance: Importance): void {
    const line = urn ?? "";
    if (importance === "progress") {
      const now = Date.now();
      if (now - (this.lastProgress.get(line) ?? 0) < QUIET_MS) return;
      this.lastProgress.set(line, now);
    }
    if (importance === "warning") {
      // `check` runs up to three times in one update.
      if (this.warned.has(line + message)) return;
      this.warned.add(line + message);
    }
    if (this.send) this.send(line, message, importance);
    else if (stays(importance)) console.log(message);
  }
}

const stays = (importance: Importance) => importance === "milestone" || importance === "warning";

type Send = (urn: string, message: string, importance: Importance) => void;

function connect(): Send | undefined {
  const [, main] = process.argv;
  const address = process.argv.at(-1);
  if (!main || !address || !/^[^/]+:\d+$/.test(address)) return undefined;
  try {
    const require = createRequire(main);
    const grpc = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { EngineClient } = require("@pulumi/pulumi/proto/engine_grpc_pb.js");
    const { LogRequest, LogSeverity } = require("@pulumi/pulumi/proto/engine_pb.js");
    const client = new EngineClient(address, grpc.credentials.createInsecure());
    return (urn, message, importance) => {
      const request = new LogRequest();
      request.setSeverity(importance === "warning" ? LogSeverity.WARNING : LogSeverity.INFO);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(!stays(importance));
      // A message that does not arrive must not disturb the training.
      client.log(request, () => {});
    };
  } catch {
    return undefined;
  }
}
