import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { JobStatus } from "../domain/status";
import type { Trainer } from "../domain/trainer";
import type { JobStore } from "../store/jobs";

/** Histogram buckets in seconds: from reading a job to uploading half a gigabyte. */
const DURATION_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2, 10, 60, 300];

/** Prometheus metrics. Each instance has its own registry, because one process may run several servers. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests: Histogram;
  private readonly uploads: Counter;
  private readonly webhooks: Counter;

  constructor(jobs: JobStore, trainer: Trainer) {
    const registers = [this.registry];
    this.requests = new Histogram({
      name: "http_request_duration_seconds",
      help: "Duration of HTTP requests by method, route and status",
      labelNames: ["method", "route", "status"],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.uploads = new Counter({
      name: "fine_tuning_uploaded_bytes_total",
      help: "Bytes of uploaded files",
      registers,
    });
    this.webhooks = new Counter({
      name: "fine_tuning_webhooks_total",
      help: "Attempts to deliver a notification (sent, failed), and notifications dropped after the last attempt",
      labelNames: ["result"],
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
      gauge("fine_tuning_trainings_running", "Trainings running on this machine", () => queue.running);
      gauge("fine_tuning_queue_length", "Started jobs waiting in the queue", () => queue.waiting);
    }
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** @param route the route pattern. Paths contain ids and would create an unbounded number of time series. */
  countRequest(method: string, route: string, status: number, seconds: number): void {
    this.requests.observe({ method, route, status }, seconds);
  }

  countUpload(bytes: number): void {
    this.uploads.inc(bytes);
  }

  countWebhook(result: "sent" | "failed" | "dropped"): void {
    this.webhooks.inc({ result });
  }

  /** Returns the metrics in the Prometheus text format. */
  render(): Promise<string> {
    return this.registry.metrics();
  }
}
