import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import type { Job } from "../../domain/job";
import { MetricType } from "../../domain/metricPoint";
import type { JobStatus } from "../../domain/status";
import { SIMULATED } from "../../domain/trainer";
import type { PointQuery } from "../../store/metrics/metricStore";
import { simulatedPoints } from "../../trainers/simulated/simulatedPoints";
import { eventStream, type StreamState } from "../metricStream/eventStream";
import { pointReply } from "../replies/metrics";
import { lastEventId, metricStreamQuery, metricsQuery } from "../schemas/metrics";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import { findJob } from "./jobs";

/** The number of points that a stream sends at once. */
const STREAM_PAGE = 500;

/** Simulated jobs do not report their points: streams compute them this often, in milliseconds. */
const SIMULATED_INTERVAL = 500;

type ById = { Params: { job_id: string } };

/** `GET /v1/fine_tuning/jobs/{id}/metrics` and `…/stream`, extensions: the figures of a training by step. */
export function metricRoutes(app: FastifyInstance, services: Services): void {
  const { jobs, callers, metricStore, metricFeed, streams } = services;
  /** Returns one point more than `query.limit` when there are more. */
  const read = (job: Job, query: PointQuery) => {
    const larger = { ...query, limit: query.limit + 1 };
    return job.trainer === SIMULATED ? simulatedPoints(job, Date.now(), larger) : metricStore.list(job.id, larger);
  };

  app.get<ById>("/v1/fine_tuning/jobs/:job_id/metrics", { config: { readsQuery: true } }, async (request) => {
    const { type, after, page_size: limit } = parse(metricsQuery, request.query, "query");
    const job = findJob(jobs, request.params.job_id, request.workspace);
    const points = read(job, { types: type === undefined ? MetricType : [type], after, limit });
    return {
      object: "list",
      data: points.slice(0, limit).map(pointReply),
      has_more: points.length > limit,
      simulated: job.trainer === SIMULATED,
    };
  });

  app.get<ById>(
    "/v1/fine_tuning/jobs/:job_id/metrics/stream",
    // The reply to HEAD would read the stream to its end.
    { config: { readsQuery: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const query = parse(metricStreamQuery, request.query, "query");
      const { "last-event-id": last } = parse(lastEventId, request.headers, "header");
      const { id, trainer } = findJob(jobs, request.params.job_id, request.workspace);
      const isSimulated = trainer === SIMULATED;
      const leave = streams.enter(request.owner);
      const watch = metricFeed.watch(id);
      const { socket } = request.raw;
      // Called once: removes both listeners.
      const end = () => {
        reply.raw.off("close", end);
        socket.off("close", end);
        watch.close();
        leave();
      };
      reply.raw.once("close", end);
      // A reply that waits for earlier replies of its connection has no connection yet, so it is not closed with it.
      socket.once("close", end);
      if (socket.destroyed) end();
      const types: PointQuery["types"] = [...MetricType, "resumed"];
      const state = (after: number): StreamState => {
        const job = isSimulated ? findJob(jobs, id, request.workspace) : undefined;
        const points =
          job === undefined
            ? metricStore.list(id, { types, after, limit: STREAM_PAGE + 1 })
            : read(job, { types, after, limit: STREAM_PAGE });
        const status = job?.status ?? (jobs.states([id]).get(id)?.status as JobStatus);
        return { status, points: points.slice(0, STREAM_PAGE), hasMore: points.length > STREAM_PAGE };
      };
      const events = eventStream({
        after: last ?? query.after,
        watch,
        read: async (after) => {
          const current = isSimulated ? state(after) : watch.shared(String(after), () => state(after));
          try {
            await jobs.committed();
          } catch (error) {
            watch.forget();
            throw error;
          }
          return current;
        },
        ...(isSimulated && { interval: SIMULATED_INTERVAL }),
        isAllowed: () => callers.identify(request)?.workspace === request.workspace,
      });
      return reply
        .header("content-type", "text/event-stream")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .send(Readable.from(events));
    },
  );
}
