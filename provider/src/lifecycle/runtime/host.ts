import type { Clock } from "./clock";

/**
 * How a message is shown: `progress` and `status` pass on the resource's own line, and of the former a host may leave some out;
 * a `milestone` and a `warning` stay.
 */
export type MessageKind = "progress" | "status" | "milestone" | "warning";

/** What the lifecycle needs of the program that hosts it. */
export interface Host {
  /** The stack's configuration: the value of `mistral:<key>`. Resolves once the host has been configured. */
  config(): Promise<(key: string) => string | undefined>;
  /** Shows a message on the resource's own line. Never fails. */
  log(urn: string | undefined, message: string, kind: MessageKind): void;
  /** Aborted when Pulumi asks the host to stop (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** What this process has seen of its resources so far. */
  readonly session: Session;
}

/**
 * What this process has seen of its resources. It decides one question: does a `delete` end a job, or only an old entry of
 * the state that shares its id with the live one?
 *
 * Such entries come from an adopting replacement (`up --replace`, `state taint`), within the same `up` or, after a crash, as
 * a pending delete in the next one.
 */
export class Session {
  private readonly liveIds = new Set<string>();
  private readonly lastCall = new Map<string, "check" | "read">();

  /** `create` or `update` answered with this id. */
  recordReturned(id: string): void {
    this.liveIds.add(id);
  }

  recordCheck(urn: string | undefined): void {
    if (urn !== undefined) this.lastCall.set(urn, "check");
  }

  recordRead(urn: string | undefined): void {
    if (urn !== undefined) this.lastCall.set(urn, "read");
  }

  /**
   * `diff` answered without a replacement. It proves that the program still declares the resource only after a `check`: a diff
   * that follows a read belongs to a refresh, and `destroy --refresh` must cancel.
   */
  recordKeptByDiff(id: string, urn: string | undefined): void {
    if (urn !== undefined && this.lastCall.get(urn) === "check") this.liveIds.add(id);
  }

  /** Whether the job belongs to a live entry of the state. */
  isLive(id: string): boolean {
    return this.liveIds.has(id);
  }
}
