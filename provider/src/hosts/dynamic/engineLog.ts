import type { Importance } from "../../lifecycle/runtime/host";
import type { Engine } from "./engine";

/** Without a terminal every passing message becomes a line of the log: in CI one a minute is enough. */
const QUIET_MS = process.env.CI ? 60_000 : 1_000;

/**
 * Shows messages on a resource's own line of `pulumi up`: `pulumi.log` finds no engine inside a dynamic provider's host. Without
 * an engine they go to the host's stdout, which Pulumi shows on the stack.
 */
export class EngineLog {
  private readonly lastProgress = new Map<string, number>();
  private readonly said = new Set<string>();

  constructor(private readonly engine: Engine | undefined) {}

  say(resource: string | undefined, text: string, importance: Importance): void {
    const urn = resource ?? "";
    if (importance === "progress" && !this.isDue(urn)) return;
    const ephemeral = importance === "progress" || importance === "status";
    if (!ephemeral && !this.isNew(urn + text)) return;
    if (this.engine) this.engine.log({ urn, text, severity: importance === "warning" ? "warning" : "info", ephemeral });
    else if (!ephemeral) console.log(text);
  }

  private isDue(urn: string): boolean {
    const now = Date.now();
    if (now - (this.lastProgress.get(urn) ?? 0) < QUIET_MS) return false;
    this.lastProgress.set(urn, now);
    return true;
  }

  /** `check` runs up to three times in one update. */
  private isNew(message: string): boolean {
    if (this.said.has(message)) return false;
    this.said.add(message);
    return true;
  }
}
