import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Metrics } from "./metrics";

/**
 * Writes one log line and records one duration for each completed request. Omits the query, which may contain a
 * signature. Identifies the API key by the first 12 characters of its hash, and names its workspace.
 */
export function logRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", async (request, reply) => {
    const { method, params, routeOptions, owner, workspace } = request;
    const route = routeOptions.url ?? "none";
    metrics.countRequest(method, route, reply.statusCode, reply.elapsedTime / 1000);
    const { job_id: jobId } = params as { job_id?: string };
    request.log.info(
      {
        method,
        path: pathOf(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        ...(jobId !== undefined && { jobId }),
        ...(owner !== "" && { owner: owner.slice(0, 12), workspace }),
      },
      "request",
    );
  });
}

/** Returns the path without the query. */
export function pathOf({ url }: FastifyRequest): string {
  return url.split("?", 1)[0] as string;
}
