import type { FastifyInstance } from "fastify";
import { describeSystemError, isSystemError } from "../../domain/systemError";
import type { JobStore } from "../../store/jobs";
import type { Services } from "../services";

/** Health checks, which need no API key, and metrics, which need one. */
export function operationRoutes(app: FastifyInstance, { metrics, supervisor, jobs }: Services): void {
  app.get("/healthz", async () => ({ status: "ok" }));

  app.get("/readyz", async (_request, reply) => {
    const reason = databaseFailure(jobs) ?? supervisor.persistentFailure;
    if (reason !== undefined) return reply.code(503).send({ status: "failing", reason });
    return supervisor.isOpen ? { status: "ready" } : reply.code(503).send({ status: "starting" });
  });

  app.get("/metrics", { config: { needsKey: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
}

/** Describes why the database is unavailable in general words; undefined when it answers. */
function databaseFailure(jobs: JobStore): string | undefined {
  try {
    jobs.countByStatus();
    return undefined;
  } catch (error) {
    if (isSystemError(error)) return describeSystemError(error);
    throw error;
  }
}
