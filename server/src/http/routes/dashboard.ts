import type { FastifyInstance } from "fastify";
import type { DashboardJob, DashboardJobDetail, DashboardJobList } from "#common/dashboard";
import type { Caller } from "../../domain/caller";
import type { Job } from "../../domain/job";
import { SIMULATED } from "../../domain/trainer";
import { simulatedCurves } from "../../trainers/simulated/simulatedPoints";
import { jobDetail } from "../dashboard/jobDetail";
import { Recent } from "../dashboard/recent";
import { RowDetailsReader } from "../dashboard/rowDetails";
import { curvesReply, type DashboardRow, dashboardRow } from "../replies/dashboard";
import { dashboardQuery } from "../schemas/dashboard";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import { findJob } from "./jobs";

/** A list of jobs without status changes may be this old, in milliseconds. */
const MAX_AGE = 1000;

/** The list shows one line. The log of a training program may have many. */
const MAX_REASON_LENGTH = 500;

type ById = { Params: { job_id: string } };

/** The owner is a hash here: the names depend on the keys, and `mine` on the caller. */
interface FoundJobs extends Omit<DashboardJobList, "data" | "object"> {
  rows: { row: DashboardRow; owner: string }[];
}

/** `GET /v1/fine_tuning/dashboard/…`: what the page reads besides the API's own routes. */
export function dashboardRoutes(app: FastifyInstance, services: Services): void {
  const { jobs, keys, supervisor, dashboard, curves, metricStore } = services;
  const details = new RowDetailsReader(jobs, curves);
  const recent = new Recent<FoundJobs>(MAX_AGE);
  const rowOf = (job: Job): DashboardRow => dashboardRow(supervisor.withCurrentPosition(job), details.of(job));
  const withOwner = (row: DashboardRow, owner: string, caller: Caller): DashboardJob => ({
    ...row,
    owner: keys.nameOf(owner),
    mine: owner === caller.owner,
  });

  app.get("/v1/fine_tuning/dashboard/jobs", { config: { readsQuery: true } }, async (request) => {
    const filter = parse(dashboardQuery, request.query, "query");
    const { workspace, owner } = request;
    const key = JSON.stringify([workspace, filter, filter.mine && owner]);
    const { revision } = jobs;
    let found = recent.get(key, revision);
    if (found === undefined) {
      const ownersOf = (search: string) =>
        dashboard.owners(workspace).filter((each) => contains(keys.nameOf(each), search));
      const { ids, total, counts } = dashboard.find(filter, { workspace, owner }, ownersOf);
      const rows = jobs.getAll(ids).map((job) => ({ row: withShortReason(rowOf(job)), owner: job.owner }));
      found = { rows, total, counts, models: dashboard.models(workspace) };
      await jobs.committed();
      recent.set(key, revision, found);
    }
    const { rows, ...rest } = found;
    const data = rows.map((each) => withOwner(each.row, each.owner, request));
    return { object: "list", data, ...rest } satisfies DashboardJobList;
  });

  app.get<ById>("/v1/fine_tuning/dashboard/jobs/:job_id", async (request): Promise<DashboardJobDetail> => {
    const job = findJob(jobs, request.params.job_id, request.workspace);
    return { ...withOwner(rowOf(job), job.owner, request), ...jobDetail(job, services) };
  });

  app.get<ById>("/v1/fine_tuning/dashboard/jobs/:job_id/curves", async (request) => {
    const job = findJob(jobs, request.params.job_id, request.workspace);
    // Read in one turn: a point that arrives later has a greater ID than the last one.
    return job.trainer === SIMULATED
      ? curvesReply(job, simulatedCurves(job, Date.now()))
      : curvesReply(job, {
          lastId: metricStore.lastId(job.id),
          step: curves.columns(job.id, "step"),
          evaluation: curves.columns(job.id, "evaluation"),
        });
  });
}

function withShortReason(row: DashboardRow): DashboardRow {
  const { reason } = row;
  if (reason === undefined || reason.length <= MAX_REASON_LENGTH) return row;
  return { ...row, reason: `${reason.slice(0, MAX_REASON_LENGTH)}…` };
}

function contains(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
