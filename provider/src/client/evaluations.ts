import type { Http } from "./http/http";
import { segment } from "./http/query";
import type { RequestOptions } from "./options";
import { onDemandEvaluationSchema } from "./schemas";
import type { OnDemandEvaluation } from "./types.generated";

const PATH = "/v1/fine_tuning/evaluations";

export interface EvaluationRequest {
  /** ID of a base model or a fine-tuned model. */
  model: string;
  /** The job whose validation files are used. */
  job_id: string;
  /** Number of sample answers, 0 to 20; default 0. */
  samples?: number | undefined;
}

/** Evaluations of a model on a job's validation data, on demand. Only `mistral-fine-tuning-server` has them. */
export class Evaluations {
  constructor(private readonly http: Http) {}

  /**
   * Requests an evaluation. The same model and data are measured once: a later request returns the same evaluation.
   *
   * @throws {NotFoundError} the model or the job does not exist
   * @throws {UnprocessableEntityError} the job has no validation files
   * @throws {ServerError} status 501: the server's trainer cannot evaluate
   */
  async create(request: EvaluationRequest, options?: RequestOptions): Promise<OnDemandEvaluation> {
    return this.http.json(
      onDemandEvaluationSchema,
      { method: "POST", path: PATH, json: request, repeatable: true },
      options,
    );
  }

  /** Returns an evaluation by its ID. */
  async get(id: string, options?: RequestOptions): Promise<OnDemandEvaluation> {
    return this.http.json(
      onDemandEvaluationSchema,
      { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true },
      options,
    );
  }
}
