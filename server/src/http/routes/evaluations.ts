import type { FastifyInstance } from "fastify";
import { isBaseModel } from "../../domain/baseModels";
import { MAX_SAMPLES } from "../../domain/evaluation";
import type { Job } from "../../domain/job";
import { canEvaluate, SIMULATED, type Trainer } from "../../domain/trainer";
import { evaluationKey, hasSameTargets, rowsOf } from "../../jobs/evaluationInput";
import type { StoredFile } from "../../store/files";
import { MAX_UNFINISHED } from "../../store/modelEvaluations";
import type { FineTunedModel } from "../../store/models";
import { ApiError, UnprocessableError } from "../errors";
import { detailedEvaluationReply, evaluationReply, modelEvaluationReply } from "../replies/evaluations";
import { evaluateBody } from "../schemas/evaluations";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import { findJob } from "./jobs";

type OfJob = { Params: { job_id: string } };

/** The figures and the sample answers of jobs, and evaluations on demand: extensions of the API. */
export function evaluationRoutes(app: FastifyInstance, services: Services): void {
  const { jobs, evaluations, modelEvaluations, evaluator, sampleAnswers } = services;

  app.get<OfJob>("/v1/fine_tuning/jobs/:job_id/evaluation", async (request) => {
    const job = findJob(jobs, request.params.job_id, request.workspace);
    const reply = evaluationReply(job, evaluations.summaries([job.id]).get(job.id));
    if (reply === undefined) throw new ApiError(404, "This job has no evaluation");
    return detailedEvaluationReply(reply, evaluations.targets(job.id));
  });

  app.get<OfJob>("/v1/fine_tuning/jobs/:job_id/evaluation/samples", async (request) => {
    const job = findJob(jobs, request.params.job_id, request.workspace);
    const data = sampleAnswers.of(job);
    if (data === undefined) {
      throw new ApiError(
        404,
        "This job has no sample answers: they are off, not written yet, or deleted with its data",
      );
    }
    return { object: "list", data, ...(job.trainer === SIMULATED && { simulated: true }) };
  });

  app.post("/v1/fine_tuning/evaluations", async (request) => {
    const { model, job_id, samples } = parse(evaluateBody, request.body, "body");
    const { workspace } = request;
    const job = findJob(jobs, job_id, workspace);
    const tuned = checkedModel(model, job, services);
    const evaluation = { workspace, model, jobId: job.id, samples };
    const result = modelEvaluations.result(evaluation);
    // The files may be gone by now. The answers are given again only with the files.
    if (result !== undefined && (samples === 0 || result.sampleAnswers || !hasFiles(job, services))) {
      return modelEvaluationReply(result, evaluation);
    }
    const files = validationFiles(job, services);
    const trainer = await trainerOf(tuned === undefined ? job : (jobs.get(tuned.jobId) as Job), services);
    const rows = rowsOf(job, services.trainers);
    const [key = "", ...largerKeys] = range(samples, MAX_SAMPLES).map((count) =>
      evaluationKey(model, job, { files, rows, samples: count }),
    );
    const queued = modelEvaluations.queue({ ...evaluation, key, largerKeys, trainer: trainer.name });
    if (queued === undefined) {
      const message = `Too many evaluations: at most ${MAX_UNFINISHED} of a workspace wait or run. Ask again when one has ended`;
      throw new ApiError(429, message);
    }
    await modelEvaluations.committed();
    if (queued.status === "QUEUED") evaluator.add(queued);
    return modelEvaluationReply(queued, evaluation);
  });

  app.get<{ Params: { evaluation_id: string } }>("/v1/fine_tuning/evaluations/:evaluation_id", async (request) => {
    const evaluation = modelEvaluations.find(request.params.evaluation_id, request.workspace);
    if (evaluation === undefined) throw new ApiError(404, "There is no evaluation with this id");
    return modelEvaluationReply(evaluation);
  });
}

/**
 * Checks that a model and a job can be compared.
 *
 * @returns undefined for a base model
 * @throws {ApiError} 404 for an unknown model, 422 when the figures would not be comparable with those of the job
 */
function checkedModel(id: string, { spec, workspace }: Job, { models, trainer }: Services): FineTunedModel | undefined {
  const violation = (msg: string, type: string) => new UnprocessableError([{ loc: ["body", "model"], msg, type }]);
  const tuned = models.find(id, workspace);
  if (tuned === undefined && !isBaseModel(id, trainer.baseModels) && id !== spec.model) {
    throw new ApiError(404, `There is no model ${id}`);
  }
  const root = tuned?.root ?? id;
  if (root !== spec.model) {
    const msg = `The base model is ${root}, and that of the job is ${spec.model}: losses of different models are not comparable`;
    throw violation(msg, "base_model");
  }
  if (tuned === undefined) return undefined;
  if (tuned.jobType !== spec.job_type) {
    throw violation(`The model is a ${tuned.jobType} model, and the job is a ${spec.job_type} job`, "job_type");
  }
  if (!hasSameTargets(tuned.classifierTargets ?? [], spec.classifier_targets)) {
    throw violation("The model and the job differ in the names or labels of classifier_targets", "classifier_targets");
  }
  return tuned;
}

/** @throws {ApiError} 501 when the trainer of a job cannot evaluate a model */
async function trainerOf({ trainer: name }: Job, { trainers }: Services): Promise<Trainer> {
  const trainer = trainers.get(name);
  if (trainer !== undefined && (await canEvaluate(trainer))) return trainer;
  throw new ApiError(501, `The trainer ${name} of this server cannot evaluate a model on demand`);
}

/** @throws {UnprocessableError} when the job has no validation files, or one was deleted */
function validationFiles({ spec, workspace }: Job, { files }: Services): StoredFile[] {
  const violation = (msg: string, type: string) => new UnprocessableError([{ loc: ["body", "job_id"], msg, type }]);
  if (spec.validation_files.length === 0) {
    throw violation("The job has no validation files", "no_validation_files");
  }
  return spec.validation_files.map((id) => {
    const file = files.find(id, workspace);
    if (file === undefined) throw violation(`The validation file ${id} of the job was deleted`, "file_not_found");
    return file;
  });
}

function hasFiles({ spec, workspace }: Job, { files }: Services): boolean {
  return spec.validation_files.every((id) => files.find(id, workspace) !== undefined);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
