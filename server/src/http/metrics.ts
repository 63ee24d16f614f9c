import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { JobStatus } from "../domain/status";
import type { Trainer } from "../domain/trainer";
import type { JobStore } from "../store/jobs";

/** From a look at a job to an upload of half a gigabyte, in seconds. */
const DURATIONS = [0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 10, 60, 300];

/** What Prometheus asks for. Each server has its own: there may be several in one process. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests: Histogram;
  private readonly uploads: Counter;

  constructor(jobs: JobStore, trainer: Trainer) {
    const registers = [this.registry];
    this.requests = new Histogram({
      name: "http_request_duration_seconds",
      help: "Requests by method, route and status, and how long they took",
      labelNames: ["method", "route", "status"],
      buckets: DURATIONS,
      registers,
    });
    this.uploads = new Counter({
      name: "fine_tuning_uploaded_bytes_total",
      help: "Bytes of uploaded files",
      registers,
    });
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(value());
        },
      });
    new Gauge({
      name: "fine_tuning_jobs",
      help: "Jobs by status",
      labelNames: ["status"],
      registers,
      collect() {
        const counts = jobs.countByStatus();
        for (const status of JobStatus.options) {
          this.set({ status }, counts.get(status) ?? 0);
        }
      },
    });
    const { queue } = trainer;
    if (queue !== undefined) {
      gauge("fine_tuning_trainings_running", "Trainings that run on this machine", () => queue.running);
      gauge("fine_tuning_queue_length", "Started jobs that wait for their turn", () => queue.waiting);
    }
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** @param route its pattern, not the path: every path would be a series of its own */
  countRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }

  countUpload(bytes: number): void {
    this.uploads.inc(bytes);
  }

  /** In Prometheus' text format. */
  render(): Promise<string> {
    return this.registry.metrics();
  }
}
