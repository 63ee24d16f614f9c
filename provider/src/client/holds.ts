import { deleteIdempotently } from "./http/deletion";
import type { Http } from "./http/http";
import { segment } from "./http/query";
import type { RequestOptions } from "./options";
import { holdSchema } from "./schemas";
import type { Deleted, Hold } from "./types.generated";

const PATH = "/v1/fine_tuning/holds";

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

  /** Ends a hold. Also succeeds when there is none. */
  async delete(holder: string, options?: RequestOptions): Promise<Deleted> {
    return deleteIdempotently(this.http, PATH, holder, options);
  }
}
