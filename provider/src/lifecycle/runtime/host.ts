import type { Clock } from "./clock";

/**
 * How a message is shown. `progress` and `status` are transient and replace each other on the resource's line; a host may drop
 * `progress` messages. `milestone` and `warning` messages stay in the output.
 */
export type MessageKind = "progress" | "status" | "milestone" | "warning";

/** The interface between the lifecycle and the process that hosts the provider. */
export interface Host {
  /** Resolves, once the host is configured, to a function that returns the stack's value of `mistral:<key>`. */
  config(): Promise<(key: string) => string | undefined>;
  /** Returns an environment variable; undefined if it is unset or empty, because CI systems set missing secrets to "". */
  environment(name: string): string | undefined;
  /** Shows a message on the resource's line. Never throws. */
  log(urn: string | undefined, message: string, kind: MessageKind): void;
  /** Aborted when Pulumi asks the host to stop (Ctrl-C, SIGTERM). */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The calls that this process has handled so far for its engine. */
  readonly session: Session;
}

/** The environment of this process. */
export const processEnvironment = (name: string): string | undefined => process.env[name] || undefined;

/** The part of a host that a connection to a server needs. */
export type Settings = Pick<Host, "config" | "environment">;

/** The live IDs of all provider processes of one engine. Never throws. */
export interface SharedIds {
  add(id: string): void;
  has(id: string): boolean;
}

/**
 * Records the calls that this process has handled. `delete` uses this record: it must not cancel a job if another entry of the state
 * still uses the same job. The IDs of the jobs in use are the live IDs.
 *
 * Two entries have the same job after a replacement that adopted the job (`up --replace`, `state taint`). Pulumi deletes the old
 * entry in the same `up`, or in the next `up` if the first one crashed. Another process may handle the old entry: then only the
 * shared IDs say that the job is in use.
 */
export class Session {
  private readonly liveIds = new Set<string>();
  private readonly removedIds = new Set<string>();
  private readonly lastCall = new Map<string, "check" | "read">();
  /** Whether each checked job has validation data, by the job's URN. */
  private readonly validated = new Map<string, boolean>();

  /** @param shared absent without an engine, which has no other process */
  constructor(private readonly shared?: SharedIds) {}

  /** Records that `create` or `update` returned this ID. */
  recordReturned(id: string): void {
    if (this.liveIds.has(id)) return;
    this.liveIds.add(id);
    this.shared?.add(id);
  }

  /** Records that `delete` has removed a job, or is about to remove its files. */
  recordRemoved(id: string): void {
    this.removedIds.add(id);
  }

  isRemoved(id: string): boolean {
    return this.removedIds.has(id);
  }

  recordCheck(urn: string | undefined): void {
    if (urn !== undefined) this.lastCall.set(urn, "check");
  }

  /** Records whether a job that the program declares has validation data. */
  recordValidationData(urn: string | undefined, hasData: boolean): void {
    if (urn !== undefined) this.validated.set(urn, hasData);
  }

  /** Returns the URN of the only job that this process has checked, if it has no validation data. */
  onlyJobWithoutValidationData(): string | undefined {
    const [[urn, hasData] = [], ...others] = [...this.validated];
    return others.length === 0 && hasData === false ? urn : undefined;
  }

  recordRead(urn: string | undefined): void {
    if (urn !== undefined) this.lastCall.set(urn, "read");
  }

  /**
   * Records that `diff` asked for no replacement. After `check`, the program still declares the resource, so the job is in use. After
   * `read`, the diff is part of a refresh: the job is not recorded as in use, so that `destroy --refresh` can cancel it.
   */
  recordKeptByDiff(id: string, urn: string | undefined): void {
    if (urn !== undefined && this.lastCall.get(urn) === "check") this.recordReturned(id);
  }

  /** Whether another entry of the state still uses the job. */
  isLive(id: string): boolean {
    return this.liveIds.has(id) || this.shared?.has(id) === true;
  }
}
