import type { JobStatus } from "#common";
import { get, RequestError } from "../api/request";
import { path } from "../links";
import type { LiveCurves } from "./liveCurves";
import type { Point } from "./pointTable";

/** A tab that nobody sees gives its connection back after this long, in milliseconds: browsers have six per server. */
const HIDDEN_DELAY = 10_000;

/** Milliseconds. */
const RETRY = { first: 1000, longest: 10_000 };

/** A connection that returns within this time, in milliseconds, was not worth a word. */
const PATIENCE = 1000;

export interface StreamEvents {
  /** The training has a new status, or a new evaluation. */
  onChange(): void;
  /** Whether the page receives the points. */
  onConnection(isLost: boolean): void;
}

/**
 * Follows a running job: adds the points that the server sends to the curves. Connects again after a lost connection and
 * continues after the last point, so that the curve has no gap and no point twice.
 */
export class CurveStream {
  private source: EventSource | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private hiding: ReturnType<typeof setTimeout> | undefined;
  private losing: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private hasEnded = false;

  constructor(
    private readonly jobId: string,
    private readonly curves: LiveCurves,
    private readonly events: StreamEvents,
  ) {
    document.addEventListener("visibilitychange", this.onVisibility);
    this.onVisibility();
  }

  close(): void {
    this.hasEnded = true;
    document.removeEventListener("visibilitychange", this.onVisibility);
    clearTimeout(this.hiding);
    this.disconnect();
    clearTimeout(this.losing);
  }

  private readonly onVisibility = () => {
    clearTimeout(this.hiding);
    if (this.hasEnded) return;
    if (document.visibilityState === "hidden") this.hiding = setTimeout(() => this.disconnect(), HIDDEN_DELAY);
    else if (this.source === undefined) this.connect();
  };

  private connect(): void {
    this.disconnect();
    const route = `v1/fine_tuning/jobs/${encodeURIComponent(this.jobId)}/metrics/stream?after=${this.curves.lastId}`;
    const source = new EventSource(path(route));
    this.source = source;
    const on = (type: string, listener: (data: unknown, id: number) => void) =>
      source.addEventListener(type, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>;
        listener(JSON.parse(data), Number(lastEventId));
      });
    source.addEventListener("open", () => {
      this.failures = 0;
      this.connected();
    });
    on("step", (point, id) => this.curves.add(id, point as Point));
    on("evaluation", (point, id) => {
      this.curves.add(id, point as Point);
      this.events.onChange();
    });
    on("resumed", (data, id) => this.curves.resume(id, (data as { step: number }).step));
    on("status", () => this.events.onChange());
    on("end", () => {
      this.close();
      this.connected();
      this.events.onChange();
    });
    source.addEventListener("error", () => this.failed());
  }

  /** A browser connects again after most errors, but not after a reply with an error status. */
  private failed(): void {
    this.losing ??= setTimeout(() => this.events.onConnection(true), PATIENCE);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.disconnect();
    const delay = Math.min(RETRY.longest, RETRY.first * 2 ** this.failures++);
    this.retry = setTimeout(() => void this.probe(), delay);
  }

  /** An event stream hides the status of its reply: another request learns whether the session has ended. */
  private async probe(): Promise<void> {
    try {
      await get<{ status: JobStatus }>(`v1/fine_tuning/dashboard/jobs/${encodeURIComponent(this.jobId)}`);
    } catch (error) {
      if (error instanceof RequestError && (error.status === 401 || error.status === 404)) return this.close();
    }
    if (!this.hasEnded && document.visibilityState === "visible") this.connect();
  }

  private connected(): void {
    clearTimeout(this.losing);
    this.losing = undefined;
    this.events.onConnection(false);
  }

  private disconnect(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = undefined;
  }
}
