import { deleteIdempotently } from "./http/deletion";
import type { Http } from "./http/http";
import { segment } from "./http/query";
import type { RequestOptions } from "./options";
import { approvalMissSchema, holdSchema } from "./schemas";
import type { ApprovalMiss, Deleted, Hold } from "./types.generated";

const PATH = "/v1/fine_tuning/holds";

/** A model that misses the thresholds of an approval. */
export interface MissReport {
  /** ID of the job that has trained the model. */
  job_id: string;
  /** ID of the model. */
  model: string;
  /** The approval, in the words of its hold. */
  description: string;
  /** One text of at most 200 characters per missed threshold, such as `validation loss 1.2 is above 1`; at most 10. */
  thresholds: readonly string[];
}

/**
 * Holds keep fine-tuned models from being archived and deleted. Only `mistral-fine-tuning-server` has them: ask `capabilities` first.
 */
export class Holds {
  constructor(private readonly http: Http) {}

  /**
   * Creates a hold or replaces it, in one step. The server carries out what a hold has delayed for the models that are no longer
   * held.
   *
   * @param holder unique in the workspace: 1 to 128 letters, digits, `.`, `_` and `-`
   * @param models IDs of at most 10 fine-tuned models
   * @param description what the models are needed for; replies about the models show it
   * @throws {NotFoundError} a model does not exist
   *
   * @example
   * await client.holds.put("deploy-prod", [current, previous], "used by the stack prod");
   */
  async put(holder: string, models: readonly string[], description?: string, options?: RequestOptions): Promise<Hold> {
    const path = `${PATH}/${segment(holder)}`;
    return this.http.json(
      holdSchema,
      { method: "PUT", path, json: { models, description }, repeatable: true },
      options,
    );
  }

  /** @throws {NotFoundError} there is no such hold */
  async get(holder: string, options?: RequestOptions): Promise<Hold> {
    return this.http.json(holdSchema, { method: "GET", path: `${PATH}/${segment(holder)}`, repeatable: true }, options);
  }

  /**
   * Tells the server that a model misses the thresholds of an approval. The server notifies its webhooks, once a day for the same
   * miss. Ask `capabilities` for the feature `approval_misses` first.
   *
   * @param holder the holder of the approval; it need not hold a model yet
   * @throws {NotFoundError} the job does not exist
   *
   * @example
   * await client.holds.reportMiss("deploy-prod", {
   *   job_id: job.id,
   *   model: "ft:open-mistral-7b:support:20260101:b888f774",
   *   description: "used by the stack prod",
   *   thresholds: ["validation loss 1.2 is above 1"],
   * });
   */
  async reportMiss(holder: string, miss: MissReport, options?: RequestOptions): Promise<ApprovalMiss> {
    const path = `${PATH}/${segment(holder)}/misses`;
    return this.http.json(approvalMissSchema, { method: "POST", path, json: miss, repeatable: true }, options);
  }

  /** Ends a hold. Also succeeds when there is none. */
  async delete(holder: string, options?: RequestOptions): Promise<Deleted> {
    return deleteIdempotently(this.http, PATH, holder, options);
  }
}
