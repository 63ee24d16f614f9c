import type { FastifyInstance } from "fastify";
import type { DashboardJob, DashboardJobDetail, DashboardJobList } from "#common/dashboard";
import type { Caller } from "../../domain/caller";
import type { Job } from "../../domain/job";
import { SIMULATED } from "../../domain/trainer";
import type { DashboardFilter, DashboardPage } from "../../store/dashboard/dashboardStore";
import { simulatedCurves } from "../../trainers/simulated/simulatedPoints";
import { jobDetail } from "../dashboard/jobDetail";
import { Recent } from "../dashboard/recent";
import { RowDetailsReader } from "../dashboard/rowDetails";
import { curvesReply, type DashboardRow, dashboardRow } from "../replies/dashboard";
import { dashboardQuery } from "../schemas/dashboard";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import { findJob } from "./jobs";

/** The progress in a list may be this old, in milliseconds. */
const MAX_AGE = 1000;

/** Which jobs a list has changes with their statuses, and with the names of keys, which a search reads. Milliseconds. */
const MAX_FIND_AGE = 30_000;

/** The list shows one line. The log of a training program may have many. */
const MAX_REASON_LENGTH = 500;

type ById = { Params: { job_id: string } };

type FoundJobs = DashboardPage & Pick<DashboardJobList, "models">;

/** The owner is a hash here: the names depend on the keys, and `mine` on the caller. */
type ListedJobs = FoundJobs & { rows: { row: DashboardRow; owner: string }[] };

/** `GET /v1/fine_tuning/dashboard/…`: what the page reads besides the API's own routes. */
export function dashboardRoutes(app: FastifyInstance, services: Services): void {
  const { jobs, keys, supervisor, dashboard, curves, metricStore } = services;
  const details = new RowDetailsReader(jobs, curves);
  const finds = new Recent<FoundJobs>(MAX_FIND_AGE);
  const recent = new Recent<ListedJobs>(MAX_AGE);
  const find = (filter: DashboardFilter, caller: Caller, nameOf: (owner: string) => string): FoundJobs => {
    const { workspace } = caller;
    const ownersOf = (search: string) => dashboard.owners(workspace).filter((each) => contains(nameOf(each), search));
    return { ...dashboard.find(filter, caller, ownersOf), models: dashboard.models(workspace) };
  };
  const rowOf = (job: Job): DashboardRow => dashboardRow(supervisor.withCurrentPosition(job), details.of(job));

  app.get("/v1/fine_tuning/dashboard/jobs", { config: { readsQuery: true } }, async (request) => {
    const filter = parse(dashboardQuery, request.query, "query");
    const { workspace, owner } = request;
    const key = JSON.stringify([workspace, filter, filter.mine && owner]);
    const nameOf = keys.names();
    const { revision } = jobs;
    let list = recent.get(key, revision);
    if (list === undefined) {
      const known = finds.get(key, revision);
      const found = known ?? find(filter, request, nameOf);
      const rows = jobs.getAll(found.ids).map((job) => ({ row: withShortReason(rowOf(job)), owner: job.owner }));
      list = { ...found, rows };
      await jobs.committed();
      // Not again: what a page asks for every few seconds would never see a changed name.
      if (known === undefined) finds.set(key, revision, found);
      recent.set(key, revision, list);
    }
    const { rows, total, counts, models } = list;
    const data = rows.map((each) => withOwner(each.row, each.owner, nameOf(each.owner), request));
    return { object: "list", data, total, counts, models } satisfies DashboardJobList;
  });

  app.get<ById>("/v1/fine_tuning/dashboard/jobs/:job_id", async (request): Promise<DashboardJobDetail> => {
    const job = findJob(jobs, request.params.job_id, request.workspace);
    return { ...withOwner(rowOf(job), job.owner, keys.nameOf(job.owner), request), ...jobDetail(job, services) };
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

function withOwner(row: DashboardRow, owner: string, name: string, caller: Caller): DashboardJob {
  return { ...row, owner: name, mine: owner === caller.owner };
}

function withShortReason(row: DashboardRow): DashboardRow {
  const { reason } = row;
  if (reason === undefined || reason.length <= MAX_REASON_LENGTH) return row;
  return { ...row, reason: `${reason.slice(0, MAX_REASON_LENGTH)}…` };
}

function contains(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
