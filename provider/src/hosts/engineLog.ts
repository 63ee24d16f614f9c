import type { MessageKind } from "../lifecycle/runtime/host";
import type { Engine } from "./engine";

/** Shortest time between two progress messages of a resource. */
const PROGRESS_EVERY_MS = 1_000;
/** Without a terminal, each progress message becomes a line of the log. */
const PROGRESS_EVERY_MS_IN_CI = 60_000;

/**
 * Shows messages on a resource's line of `pulumi up`. `pulumi.log` cannot be used, because it has no engine inside a
 * provider's process. Without an engine, messages go to stdout, which Pulumi shows on the stack.
 */
export class EngineLog {
  private readonly lastProgress = new Map<string, number>();
  private readonly shown = new Set<string>();

  private readonly progressEveryMs: number;

  constructor(
    private readonly engine: Engine | undefined,
    environment: (name: string) => string | undefined,
  ) {
    this.progressEveryMs = environment("CI") ? PROGRESS_EVERY_MS_IN_CI : PROGRESS_EVERY_MS;
  }

  log(resource: string | undefined, text: string, kind: MessageKind): void {
    const urn = resource ?? "";
    if (kind === "progress" && !this.isDue(urn)) return;
    const ephemeral = kind === "progress" || kind === "status";
    if (!ephemeral && !this.isNew(urn + text)) return;
    if (this.engine) {
      this.engine.log({ urn, text, severity: kind === "warning" ? "warning" : "info", ephemeral });
    } else if (!ephemeral) {
      console.log(text);
    }
  }

  private isDue(urn: string): boolean {
    const now = Date.now();
    if (now - (this.lastProgress.get(urn) ?? 0) < this.progressEveryMs) return false;
    this.lastProgress.set(urn, now);
    return true;
  }

  /** Whether a message was not shown before: `check` runs up to three times in one update. */
  private isNew(message: string): boolean {
    if (this.shown.has(message)) return false;
    this.shown.add(message);
    return true;
  }
}
