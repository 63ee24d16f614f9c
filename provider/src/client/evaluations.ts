import { setTimeout as pause } from "node:timers/promises";
import type { Http } from "./http/http";
import { segment } from "./http/query";
import type { RequestOptions } from "./options";
import { onDemandEvaluationSchema, sampleAnswerListSchema } from "./schemas";
import type { OnDemandEvaluation, SampleAnswerList } from "./types.generated";

const PATH = "/v1/fine_tuning/evaluations";

const POLL_INTERVAL_MS = 2000;

/** A request to measure a model. */
export interface EvaluationRequest {
  /** ID of a base model or of a fine-tuned model. */
  model: string;
  /** ID of the job whose validation data is used. */
  job_id: string;
  /** Number of validation prompts that the model answers, 0 to 20; default 0. */
  samples?: number | undefined;
}

/** Whether an evaluation has succeeded or failed. */
export const hasEnded = ({ status }: Pick<OnDemandEvaluation, "status">): boolean =>
  status === "SUCCESS" || status === "FAILED";

/** Evaluations of models on the validation data of a job. Only `mistral-fine-tuning-server` supports them. */
export class Evaluations {
  constructor(private readonly http: Http) {}

  /**
   * Requests an evaluation. The same model on the same data is measured only once: the call then returns the existing
   * evaluation. An evaluation that has failed runs again.
   *
   * @throws {NotFoundError} the model or the job does not exist
   * @throws {UnprocessableEntityError} the job has no validation files, or they were deleted
   * @throws {ServerError} status 501: the server's trainer cannot evaluate a model on demand
   * @example
   * const { id } = await client.evaluations.create({ model: "open-mistral-7b", job_id: job.id });
   * const { figures } = await client.evaluations.wait(id);
   * console.log(figures?.valid_loss);
   */
  async create(request: EvaluationRequest, options?: RequestOptions): Promise<OnDemandEvaluation> {
    return this.http.json(
      onDemandEvaluationSchema,
      { method: "POST", path: PATH, json: request, repeatable: true },
      options,
    );
  }

  /** Returns an evaluation. */
  async get(id: string, options?: RequestOptions): Promise<OnDemandEvaluation> {
    return this.http.json(
      // A proxy or a cache that mixes up replies must not make another model's figures appear as those of this one.
      onDemandEvaluationSchema.refine((evaluation) => evaluation.id === id, { path: ["id"], message: "is another ID" }),
      { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true },
      options,
    );
  }

  /**
   * Polls an evaluation until it has ended: check its `status`.
   *
   * @param options `pollIntervalMs`: milliseconds between two polls; default 2000. `signal` ends the wait, and the evaluation
   * continues
   */
  async wait(
    id: string,
    { pollIntervalMs = POLL_INTERVAL_MS, ...options }: RequestOptions & { pollIntervalMs?: number | undefined } = {},
  ): Promise<OnDemandEvaluation> {
    for (;;) {
      const evaluation = await this.get(id, options);
      if (hasEnded(evaluation)) return evaluation;
      await pause(pollIntervalMs, undefined, options.signal && { signal: options.signal });
    }
  }

  /**
   * Returns the sample answers of a job that asked for them with `evaluation.samples`.
   *
   * @throws {NotFoundError} the job has no answers: they are off, not written yet, or deleted with its data or its model
   */
  async samplesOf(jobId: string, options?: RequestOptions): Promise<SampleAnswerList> {
    const path = `/v1/fine_tuning/jobs/${segment(jobId)}/evaluation/samples`;
    return this.http.json(sampleAnswerListSchema, { method: "GET", path, repeatable: true }, options);
  }
}
