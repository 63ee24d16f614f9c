import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics";

/**
 * One line and one measurement for each request, when it has ended. The path comes without its query, which may hold a
 * signature, and the key does not come at all: `owner` is the beginning of its hash.
 */
export function logRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onResponse", async (request, reply) => {
    const { method, params, routeOptions, owner } = request;
    const route = routeOptions.url ?? "none";
    metrics.countRequest(method, route, reply.statusCode, reply.elapsedTime / 1000);
    const { job_id: jobId } = params as { job_id?: string };
    request.log.info(
      {
        method,
        path: request.url.split("?", 1)[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        ...(jobId !== undefined && { jobId }),
        ...(owner !== "" && { owner: owner.slice(0, 12) }),
      },
      "request",
    );
  });
}
