import type { FastifyInstance } from "fastify";
import type { Services } from "../services";

/** Health checks, which need no API key, and metrics, which need one. */
export function operationRoutes(app: FastifyInstance, { metrics, supervisor, jobs }: Services): void {
  app.get("/healthz", async () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    // Fails when the database is unavailable.
    jobs.countByStatus();
    return supervisor.isOpen ? { status: "ready" } : reply.code(503).send({ status: "starting" });
  });

  app.get("/metrics", { config: { needsKey: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
}
