import { setMaxListeners } from "node:events";
import { status } from "@grpc/grpc-js";
import { stringify } from "safe-stable-stringify";
import { printable } from "../../lifecycle/connection/knownKeys";
import { realClock } from "../../lifecycle/runtime/clock";
import { type Host, type MessageKind, processEnvironment, Session } from "../../lifecycle/runtime/host";
import { connectToEngine, type Engine } from "../engine";
import { EngineLog } from "../engineLog";
import { LiveIds } from "../liveIds";
import { RequestError } from "./failures";

/** The provider's configuration: `mistral:<key>` of the stack, or the inputs of an explicit provider. */
export type Configuration = Record<string, string>;

/** The process of the plugin: its configuration, its engine, and whether the engine has asked it to stop. One per process. */
export class PluginHost {
  private session = new Session();
  private liveIds: LiveIds | undefined;
  /** Address of the engine that this process is attached to; undefined when an engine has started the process. */
  private attachedTo: string | undefined;
  private engine: Engine | undefined;
  private engineLog = new EngineLog(undefined, processEnvironment);
  private configuration: Configuration | undefined;
  private stop = newStop();

  /** For debugging: serves an engine that has not started this process. The next one finds nothing of this one. */
  attach(address: string): void {
    if (address !== this.attachedTo) {
      this.configuration = undefined;
      this.stop = newStop();
      this.connect(address);
    }
    this.attachedTo = address;
  }

  /** Connects to the engine. Messages go to stdout if that fails. */
  connect(address: string): void {
    this.engine?.close();
    this.liveIds?.close();
    this.liveIds = new LiveIds(address);
    this.session = new Session(this.liveIds);
    // Each name is a literal, so that a bundler finds the module.
    this.engine = connectToEngine(address, {
      grpc: require("@grpc/grpc-js"),
      service: require("@pulumi/pulumi/proto/engine_grpc_pb.js"),
      messages: require("@pulumi/pulumi/proto/engine_pb.js"),
    });
    this.engineLog = new EngineLog(this.engine, processEnvironment);
  }

  /** Calls `callback` when the engine has exited, for example because it was killed. */
  onEngineExit(callback: () => void): void {
    this.engine?.onExit(callback);
  }

  /** @throws RequestError when an attached process would need a second configuration: the engine attaches every provider to it */
  configure(configuration: Configuration): void {
    if (
      this.attachedTo !== undefined &&
      this.configuration &&
      stringify(this.configuration) !== stringify(configuration)
    ) {
      throw new RequestError(
        status.FAILED_PRECONDITION,
        "a plugin that the engine attaches to (PULUMI_DEBUG_PROVIDERS) serves only one provider of a program",
      );
    }
    this.configuration = configuration;
  }

  get isConfigured(): boolean {
    return this.configuration !== undefined;
  }

  /** Pulumi's organization, which is part of a job's identity. Pulumi does not tell it to plugins. */
  get organization(): string {
    return this.configuration?.organization ?? processEnvironment("PULUMI_ORGANIZATION") ?? "organization";
  }

  /**
   * Stops the operations in progress, and those that the engine has already sent when it calls this. Pulumi also calls this when it
   * closes a provider normally.
   */
  cancel(): void {
    this.stop.abort();
    if (this.attachedTo !== undefined) this.stop = newStop();
  }

  /** Returns the host of one operation on a resource. */
  operation(urn: string): Host {
    const { session, configuration = {} } = this;
    return {
      session,
      clock: realClock,
      signal: this.stop.signal,
      environment: processEnvironment,
      config: async () => (key) => configuration[key],
      // The lifecycle knows the resource by the URN of the identity.
      log: (_: string | undefined, message: string, kind: MessageKind) =>
        this.engineLog.log(urn, printable(message), kind),
    };
  }
}

function newStop(): AbortController {
  const stop = new AbortController();
  // Avoid Node's leak warning: every operation adds a listener, and a stack may run hundreds at a time.
  setMaxListeners(0, stop.signal);
  return stop;
}
