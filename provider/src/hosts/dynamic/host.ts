import { createRequire } from "node:module";
import type { Config } from "@pulumi/pulumi/dynamic";
import { printable } from "../../lifecycle/connection/knownKeys";
import { realClock } from "../../lifecycle/runtime/clock";
import { type Host, type MessageKind, processEnvironment, Session } from "../../lifecycle/runtime/host";
import { connectToEngine, type Engine, engineAddress } from "../engine";
import { EngineLog } from "../engineLog";
import { LiveIds } from "../liveIds";
import { cancellation } from "./cancellation";

/** The lifecycle's interface to Pulumi's dynamic provider host. One per process. */
export class DynamicHost implements Host {
  readonly session = new Session(liveIdsOfEngine());
  readonly clock = realClock;
  private readonly cancellation = cancellation();
  readonly signal = this.cancellation.signal;
  readonly environment = processEnvironment;
  private readonly engine = engineOfDynamicHost();
  private readonly engineLog = new EngineLog(this.engine, this.environment);
  private resolveConfig!: (config: Config) => void;
  private readonly configured = new Promise<Config>((resolve) => {
    this.resolveConfig = resolve;
  });

  constructor() {
    // A killed CLI leaves this process orphaned, polling for hours. Exit; the job keeps running, and the next `up` adopts the job.
    this.engine?.onExit(() => process.exit(1));
  }

  /** Warns, before an operation that may take hours, when this process cannot detect Ctrl-C. */
  warnIfCancelUnsupported(): void {
    if (this.cancellation.isSupported || !this.engine) return;
    this.log(
      undefined,
      "this version of Pulumi does not report Ctrl-C to providers: `pulumi up` waits until the job ends. Press Ctrl-C twice to stop immediately; the job keeps running, and the next `pulumi up` adopts the job and resumes waiting.",
      "warning",
    );
  }

  /** Never throws: after a failure here, the engine's next call would run unconfigured. */
  configure(config: Config): void {
    this.resolveConfig(config);
  }

  /** Waits for `configure`, because operations may run before it is called. */
  async config(): Promise<(key: string) => string | undefined> {
    const config = await this.configured;
    return (key) => config.get(`mistral:${key}`);
  }

  log(urn: string | undefined, message: string, kind: MessageKind): void {
    this.engineLog.log(urn, printable(message), kind);
  }
}

function liveIdsOfEngine(): LiveIds | undefined {
  const address = engineAddress(process.argv);
  return address === undefined ? undefined : new LiveIds(address);
}

/**
 * Connects to the engine. Loads gRPC from the main file of Pulumi's host, because it must be the host's copy.
 *
 * @returns undefined outside Pulumi's dynamic host
 */
function engineOfDynamicHost(): Engine | undefined {
  const [, main] = process.argv;
  const address = engineAddress(process.argv);
  if (!main || !address) return undefined;
  try {
    const load = createRequire(main);
    return connectToEngine(address, {
      grpc: load("@grpc/grpc-js"),
      service: load("@pulumi/pulumi/proto/engine_grpc_pb.js"),
      messages: load("@pulumi/pulumi/proto/engine_pb.js"),
    });
  } catch {
    return undefined;
  }
}
