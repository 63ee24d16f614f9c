import type { IncomingHttpHeaders } from "node:http";
import type { Fault } from "./faults";

/** A request that the proxy has received and still holds. */
export interface HeldRequest {
  method: string;
  /** The path with its query; the whole URL for a forward proxy; `host:port` for CONNECT. */
  url: string;
  headers: IncomingHttpHeaders;
  /** The method and the path with `{id}` for every ID: `GET /v1/fine_tuning/jobs/{id}`. */
  template: string;
  /** The position among the requests of its prefix, from 1. */
  ordinal: number;
}

/** Chooses the fault of a request. The proxy holds the request until then. */
export type Decide = (request: HeldRequest) => Fault | Promise<Fault>;

/** A request and its result. */
export interface RecordedRequest extends HeldRequest {
  fault: Fault["kind"];
  /** Status of the server's reply; undefined when the server has not replied. */
  status?: number;
  /** Whether the client received the complete reply of the server. */
  delivered: boolean;
}

/** Returns the number of requests of each template. */
export function countsOf(requests: readonly RecordedRequest[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { template } of requests) {
    counts.set(template, (counts.get(template) ?? 0) + 1);
  }
  return counts;
}

/** Returns the template of a request. A dry run creates nothing, so it has a separate template. */
export function templateOf(method: string, url: string): string {
  const [path = "", query] = url.split("?");
  if (query === "dry_run=true") return `${method} ${path}?${query}`;
  return `${method} ${path.replace(/^(\/v1\/(?:fine_tuning\/(?:jobs|models|holds|evaluations)|files|models))\/[^/]+/, "$1/{id}")}`;
}
