import type { FastifyInstance, FastifyRequest } from "fastify";
import { isBaseModel } from "../../domain/baseModels";
import type { Job } from "../../domain/job";
import type { Trainer } from "../../domain/trainer";
import { SIMULATED } from "../../domain/trainer";
import { evaluationKey } from "../../jobs/evaluator";
import { ApiError, UnprocessableError } from "../errors";
import { detailedEvaluationReply, evaluationReply, modelEvaluationReply } from "../replies/evaluations";
import { evaluateBody } from "../schemas/evaluations";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

type OfJob = { Params: { job_id: string } };

/** The figures and the sample answers of jobs, and evaluations on demand: extensions of the API. */
export function evaluationRoutes(app: FastifyInstance, services: Services): void {
  const { jobs, evaluations, modelEvaluations, evaluator, sampleAnswers } = services;
  const findJob = (id: string, { workspace }: FastifyRequest): Job => {
    const job = jobs.find(id, workspace);
    if (job === undefined) throw new ApiError(404, `There is no job ${id}`);
    return job;
  };

  app.get<OfJob>("/v1/fine_tuning/jobs/:job_id/evaluation", async (request) => {
    const job = findJob(request.params.job_id, request);
    const reply = evaluationReply(job, evaluations.summaries([job.id]).get(job.id));
    if (reply === undefined) throw new ApiError(404, "This job has no evaluation");
    return detailedEvaluationReply(reply, evaluations.targets(job.id));
  });

  app.get<OfJob>("/v1/fine_tuning/jobs/:job_id/evaluation/samples", async (request) => {
    const job = findJob(request.params.job_id, request);
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
    const job = findJob(job_id, request);
    const trainer = await trainerOf(model, job, request.workspace, services);
    const hashes = validationHashes(job, services);
    const key = evaluationKey(model, job, hashes, samples);
    const { workspace } = request;
    const evaluation = modelEvaluations.queue({ key, workspace, model, jobId: job.id, trainer: trainer.name, samples });
    await modelEvaluations.committed();
    if (evaluation.status === "QUEUED") evaluator.add(evaluation.id);
    return modelEvaluationReply(evaluation);
  });

  app.get<{ Params: { evaluation_id: string } }>("/v1/fine_tuning/evaluations/:evaluation_id", async (request) => {
    const evaluation = modelEvaluations.find(request.params.evaluation_id, request.workspace);
    if (evaluation === undefined) throw new ApiError(404, "There is no evaluation with this id");
    return modelEvaluationReply(evaluation);
  });
}

/**
 * Returns the trainer that evaluates a model: the one that has trained the model, or the job if the model is a base model.
 *
 * @throws {ApiError} 404 for an unknown model, 501 when the trainer cannot evaluate
 */
async function trainerOf(model: string, job: Job, workspace: string, services: Services): Promise<Trainer> {
  const { models, jobs, trainers, trainer: current } = services;
  const tuned = models.find(model, workspace);
  if (tuned === undefined && !isBaseModel(model, current.baseModels) && model !== job.spec.model) {
    throw new ApiError(404, `There is no model ${model}`);
  }
  if (tuned !== undefined && tuned.jobType !== job.spec.job_type) {
    const msg = `The model is a ${tuned.jobType} model, and the job is a ${job.spec.job_type} job`;
    throw new UnprocessableError([{ loc: ["body", "model"], msg, type: "job_type" }]);
  }
  const name = (tuned === undefined ? job : (jobs.get(tuned.jobId) as Job)).trainer;
  const trainer = trainers.get(name);
  if (trainer?.evaluate === undefined || (await trainer.canEvaluate?.()) === false) {
    throw new ApiError(501, `The trainer ${name} of this server cannot evaluate a model on demand`);
  }
  return trainer;
}

/** @throws {UnprocessableError} when the job has no validation files, or one was deleted */
function validationHashes({ spec, workspace }: Job, { files }: Services): string[] {
  const violation = (msg: string, type: string) => new UnprocessableError([{ loc: ["body", "job_id"], msg, type }]);
  if (spec.validation_files.length === 0) {
    throw violation("The job has no validation files", "no_validation_files");
  }
  return spec.validation_files.map((id) => {
    const file = files.find(id, workspace);
    if (file === undefined) throw violation(`The validation file ${id} of the job was deleted`, "file_not_found");
    return file.sha256;
  });
}
