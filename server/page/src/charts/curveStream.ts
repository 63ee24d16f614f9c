import type { DashboardCurves } from "#common";
import { get, probe, RequestError } from "../api/request";
import { path } from "../links";
import type { LiveCurves } from "./liveCurves";
import type { Point } from "./pointTable";

/** A tab that nobody sees gives its connection back after this long, in milliseconds: browsers have six per server. */
const HIDDEN_DELAY = 2000;

/** Milliseconds. */
const RETRY = { first: 1000, longest: 10_000 };

/** A connection that returns within this time, in milliseconds, was not worth a word. */
const PATIENCE = 1000;

/** Changes that follow each other this closely, in milliseconds, are told together. */
const CHANGE_DELAY = 500;

/** Loads the curves of a job. @throws {RequestError} */
export const loadCurves = (jobId: string, signal?: AbortSignal): Promise<DashboardCurves> =>
  get(`v1/fine_tuning/dashboard/jobs/${encodeURIComponent(jobId)}/curves`, signal);

export interface StreamEvents {
  /** The training has a new status, or a new evaluation. */
  onChange(): void;
  /** The server refuses the stream. Undefined: no longer. */
  onError(error: RequestError | undefined): void;
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
  private changing: ReturnType<typeof setTimeout> | undefined;
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
    clearTimeout(this.changing);
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
    const source = new EventSource(path(this.route));
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
    on("step", (point, id) => this.add(id, point as Point));
    on("evaluation", (point, id) => {
      this.add(id, point as Point);
      this.changed();
    });
    on("resumed", (data, id) => this.curves.resume(id, (data as { step: number }).step));
    on("status", () => this.changed());
    on("end", () => {
      this.close();
      this.connected();
      this.changing = undefined;
      this.changed();
    });
    source.addEventListener("error", () => this.failed());
  }

  private add(id: number, point: Point): void {
    this.curves.add(id, point);
    if (this.curves.isFull) void this.refill();
  }

  /** Loads all points again. The stream continues after them. */
  private async refill(): Promise<void> {
    this.disconnect();
    try {
      const curves = await loadCurves(this.jobId);
      if (this.hasEnded) return;
      this.curves.set(curves);
      this.connectIfSeen();
    } catch {
      if (!this.hasEnded) this.retryLater();
    }
  }

  private changed(): void {
    this.changing ??= setTimeout(() => {
      this.changing = undefined;
      this.events.onChange();
    }, CHANGE_DELAY);
  }

  /** A browser connects again after most errors, but not after a reply with an error status. */
  private failed(): void {
    this.losing ??= setTimeout(() => this.events.onConnection(true), PATIENCE);
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.retryLater();
  }

  private retryLater(): void {
    this.disconnect();
    const delay = Math.min(RETRY.longest, RETRY.first * 2 ** this.failures++);
    this.retry = setTimeout(() => void this.probe(), delay);
  }

  /** An event stream hides the status of its reply: the same request by `fetch` learns why the server refuses it. */
  private async probe(): Promise<void> {
    try {
      await probe(this.route);
    } catch (error) {
      if (this.hasEnded) return;
      if (error instanceof RequestError && error.status !== undefined && error.status < 500) {
        this.connected();
        this.events.onError(error);
        if (error.status === 401 || error.status === 404) return this.close();
      }
      return this.retryLater();
    }
    this.connectIfSeen();
  }

  private connectIfSeen(): void {
    if (!this.hasEnded && document.visibilityState === "visible") this.connect();
  }

  private get route(): string {
    return `v1/fine_tuning/jobs/${encodeURIComponent(this.jobId)}/metrics/stream?after=${this.curves.lastId}`;
  }

  private connected(): void {
    clearTimeout(this.losing);
    this.losing = undefined;
    this.events.onConnection(false);
    this.events.onError(undefined);
  }

  private disconnect(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = undefined;
  }
}
