import type { Config } from "@pulumi/pulumi/dynamic";
import { realClock } from "../../lifecycle/runtime/clock";
import { type Host, type MessageKind, Session } from "../../lifecycle/runtime/host";
import { cancellation } from "./cancellation";
import { connectToEngine } from "./engine";
import { EngineLog } from "./engineLog";

/** The lifecycle's view of Pulumi's dynamic provider host. One a process. */
export class DynamicHost implements Host {
  readonly session = new Session();
  readonly clock = realClock;
  private readonly cancellation = cancellation();
  readonly signal = this.cancellation.signal;
  private readonly engine = connectToEngine();
  private readonly engineLog = new EngineLog(this.engine);
  private resolveConfig!: (config: Config) => void;
  private readonly configured = new Promise<Config>((resolve) => {
    this.resolveConfig = resolve;
  });

  constructor() {
    // A CLI that was killed leaves its host behind, which would poll for hours. The job goes on; the next `up` takes it over.
    this.engine?.onExit(() => process.exit(1));
  }

  /** Says once, before something that may take hours, what Ctrl-C will not do. */
  warnIfCancelUnsupported(): void {
    if (this.cancellation.isSupported || !this.engine) return;
    this.log(
      undefined,
      "this version of Pulumi does not let a provider hear Ctrl-C: `pulumi up` ends when the job does. Pressed twice, it ends at once; the job goes on then, and the next `pulumi up` takes it over.",
      "warning",
    );
  }

  /** Never throws: the first call would fail and the second go on unconfigured. */
  configure(config: Config): void {
    this.resolveConfig(config);
  }

  /** Operations may run before `configure` has been called, so they wait for it. */
  async config(): Promise<(key: string) => string | undefined> {
    const config = await this.configured;
    return (key) => config.get(`mistral:${key}`);
  }

  log(urn: string | undefined, message: string, kind: MessageKind): void {
    this.engineLog.log(urn, message, kind);
  }
}
