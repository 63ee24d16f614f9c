import type { FastifyInstance } from "fastify";
import type { Services } from "../services";

/** What operators ask for. Whether the server lives, and is ready, needs no key; figures do. */
export function operationRoutes(app: FastifyInstance, { metrics, supervisor, jobs }: Services): void {
  app.get("/healthz", async () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    // Throws when the database does not answer.
    jobs.countByStatus();
    return supervisor.isOpen ? { status: "ready" } : reply.code(503).send({ status: "starting" });
  });

  app.get("/metrics", { config: { needsKey: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
}
