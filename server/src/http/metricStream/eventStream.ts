import { isTerminal } from "#common";
import type { MetricPoint } from "../../domain/metricPoint";
import type { JobStatus } from "../../domain/status";
import { pointReply } from "../replies/metrics";
import type { Watch } from "./metricFeed";

/** Proxies and clients close connections that are silent for longer, in milliseconds. */
const HEARTBEAT = 15_000;

/** Clients wait this long before they connect again, in milliseconds. */
const RETRY = 2000;

export interface EventStreamOptions {
  /** Only points with a greater ID are sent. */
  after: number;
  watch: Watch;
  /** Reads the job. Waits until what it has read is durable. */
  read(after: number): Promise<StreamState>;
  /** The longest time between two reads, for jobs that do not report changes, in milliseconds. */
  interval?: number;
  /** Whether the client may still read the job. Checked with every heartbeat. */
  isAllowed(): boolean;
}

/** What is new about a job. */
export interface StreamState {
  status: JobStatus;
  /** Oldest first. */
  points: MetricPoint[];
  /** There are more points after these. */
  hasMore: boolean;
}

/** Yields the events of a job as `text/event-stream`, until the job has ended or the watch is closed. */
export async function* eventStream(options: EventStreamOptions): AsyncGenerator<string, void, undefined> {
  const { watch, read, interval = HEARTBEAT, isAllowed } = options;
  let { after } = options;
  let status: JobStatus | undefined;
  let heartbeatAt = performance.now() + HEARTBEAT;
  yield `retry: ${RETRY}\n\n`;
  while (!watch.isClosed) {
    const state = await read(after);
    // The points come before the terminal status, after which clients stop to read.
    if (status === undefined || (state.status !== status && !isTerminal(state.status))) {
      status = state.status;
      yield statusEvent(status);
    }
    if (state.points.length > 0) {
      after = state.points.at(-1)?.id as number;
      yield state.points.map(pointEvent).join("");
    }
    if (state.hasMore) continue;
    if (isTerminal(state.status)) {
      if (state.status !== status) yield statusEvent(state.status);
      yield message("end", { status: state.status });
      return;
    }
    await watch.next(Math.min(interval, Math.max(0, heartbeatAt - performance.now())));
    if (performance.now() < heartbeatAt || watch.isClosed) continue;
    if (!isAllowed()) return;
    yield ": heartbeat\n\n";
    heartbeatAt = performance.now() + HEARTBEAT;
  }
}

function statusEvent(status: JobStatus): string {
  return message("status", { status });
}

function pointEvent(point: MetricPoint): string {
  const data = point.type === "resumed" ? { step: point.step } : pointReply(point);
  return `id: ${point.id}\n${message(point.type, data)}`;
}

function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
