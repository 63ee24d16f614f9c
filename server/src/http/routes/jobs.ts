import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Job } from "../../domain/job";
import { createJobBody, type JobSpec } from "../../domain/jobSpec";
import type { Plan } from "../../domain/trainer";
import { SIMULATED } from "../../domain/trainer";
import { jobSecrets } from "../../jobs/jobSecrets";
import { toTrainingRequest } from "../../jobs/trainingRequest";
import type { FileStore } from "../../store/files";
import type { JobStore } from "../../store/jobs";
import { ApiError, UnprocessableError, type Violation } from "../errors";
import { baseUrlOf } from "../publicUrl";
import { artifactReply } from "../replies/artifact";
import { evaluationReply } from "../replies/evaluations";
import { detailedJobReply, dryRunReply, type JobExtensions, jobReply } from "../replies/jobs";
import { createJobQuery, listJobsQuery } from "../schemas/jobs";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

/** The maximum duration of a dry run, in milliseconds. */
const DRY_RUN_TIMEOUT = 10 * 60_000;

type ById = { Params: { job_id: string } };

export function jobRoutes(app: FastifyInstance, services: Services): void {
  const { jobs, evaluations, files, supervisor, publicUrl } = services;
  const find = ({ params, workspace }: FastifyRequest<ById>): Job => findJob(jobs, params.job_id, workspace);
  /** Returns what the replies about jobs contain besides their rows. */
  const extensionsOf = (page: Job[], request: FastifyRequest): ((job: Job) => JobExtensions) => {
    const trained = page.filter(({ trainer }) => trainer !== SIMULATED);
    const models = services.models.listByJobs(trained.map(({ id }) => id));
    const artifacts = new Map(
      models.map((model) => [model.jobId, artifactReply(model, baseUrlOf(request, publicUrl))]),
    );
    const summaries = evaluations.summaries(page.map(({ id }) => id));
    return (job) => ({ artifact: artifacts.get(job.id), evaluation: evaluationReply(job, summaries.get(job.id)) });
  };
  const detailed = (job: Job, request: FastifyRequest) =>
    detailedJobReply(
      supervisor.withCurrentPosition(job),
      jobs.events(job.id),
      jobs.checkpoints(job.id),
      extensionsOf([job], request)(job),
    );

  /** Resolves when the job is durable. Keeps no secrets of a job that could not be stored. */
  const create = async (spec: JobSpec, request: FastifyRequest): Promise<Job> => {
    let id: string | undefined;
    try {
      const job = jobs.atomically(() => {
        const created = jobs.create(spec, services.trainer.name, request);
        id = created.id;
        if (services.trainer.name !== SIMULATED) {
          services.secrets.save(id, jobSecrets(request.body));
        }
        return created;
      });
      await jobs.committed();
      return job;
    } catch (error) {
      if (id !== undefined) services.secrets.remove(id);
      throw error;
    }
  };

  app.post("/v1/fine_tuning/jobs", { config: { readsQuery: true } }, async (request) => {
    const { dry_run } = parse(createJobQuery, request.query, "query");
    const body = parse(createJobBody, request.body, "body");
    const spec: JobSpec = { ...body, kept: body.keep ?? services.trainer.defaultKeep?.(body.model) ?? "best" };
    checkFiles(spec, request.workspace, files);
    if (dry_run) {
      return dryRunReply(await estimate(spec, request.workspace, services), services.trainer.name);
    }
    const job = await create(spec, request);
    request.log.info({ jobId: job.id }, "job created");
    supervisor.advanceNow(job.id);
    return jobReply(job);
  });

  app.get("/v1/fine_tuning/jobs", { config: { readsQuery: true } }, async (request) => {
    const filter = parse(listJobsQuery, request.query, "query");
    const { jobs: page, total } = jobs.list(filter, request);
    const extensions = extensionsOf(page, request);
    return {
      object: "list",
      data: page.map((job) => jobReply(supervisor.withCurrentPosition(job), extensions(job))),
      total,
    };
  });

  app.get<ById>("/v1/fine_tuning/jobs/:job_id", async (request) => detailed(find(request), request));

  app.post<ById>("/v1/fine_tuning/jobs/:job_id/cancel", async (request) =>
    detailed(supervisor.cancel(find(request).id), request),
  );

  app.post<ById>("/v1/fine_tuning/jobs/:job_id/start", async (request) =>
    detailed(supervisor.start(find(request).id), request),
  );
}

/** @throws {ApiError} 404 when there is no such job, also when it belongs to another workspace */
export function findJob(jobs: JobStore, id: string, workspace: string): Job {
  const job = jobs.find(id, workspace);
  if (job === undefined) {
    throw new ApiError(404, "There is no job with this id");
  }
  return job;
}

/**
 * Checks that the files of a job exist in its workspace and were uploaded for training.
 *
 * @throws {UnprocessableError} 422, not 404, so that clients can distinguish a missing file from a missing route
 */
function checkFiles(spec: JobSpec, workspace: string, files: FileStore): void {
  const references = [
    ...spec.training_files.map((file, index) => ({ id: file.file_id, loc: ["training_files", index, "file_id"] })),
    ...spec.validation_files.map((id, index) => ({ id, loc: ["validation_files", index] })),
  ];
  const violations = references.flatMap(({ id, loc }): Violation[] => {
    const file = files.find(id, workspace);
    if (file === undefined) {
      return [{ loc: ["body", ...loc], msg: "There is no file with this id", type: "file_not_found" }];
    }
    if (file.purpose !== "fine-tune") {
      const msg = `The file was uploaded for purpose ${file.purpose}, not fine-tune`;
      return [{ loc: ["body", ...loc], msg, type: "file_purpose" }];
    }
    return [];
  });
  if (violations.length > 0) {
    throw new UnprocessableError(violations);
  }
}

async function estimate(spec: JobSpec, workspace: string, { files, trainer }: Services): Promise<Plan> {
  const validation = await trainer.estimate(
    toTrainingRequest({ id: "dry-run", workspace, spec }, files),
    AbortSignal.timeout(DRY_RUN_TIMEOUT),
  );
  if (!validation.ok) {
    throw new UnprocessableError([{ loc: ["body"], msg: validation.reason, type: "invalid_data" }]);
  }
  return validation.plan;
}
