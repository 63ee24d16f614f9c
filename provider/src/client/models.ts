import { deleteIdempotently } from "./http/deletion";
import type { Http } from "./http/http";
import { segment } from "./http/query";
import type { RequestOptions } from "./options";
import { archivedSchema, modelListSchema, modelSchema } from "./schemas";
import type { Archived, Deleted, Model, ModelList } from "./types.generated";

const PATH = "/v1/models";
const FINE_TUNED_PATH = "/v1/fine_tuning/models";

/** What can be changed about a fine-tuned model. */
export interface ModelUpdate {
  name?: string | undefined;
  description?: string | undefined;
}

/** Models; those that were fine-tuned can be renamed, archived and deleted. */
export class Models {
  constructor(private readonly http: Http) {}

  /** All models that the key can use; the API has no pages here. */
  async list(options?: RequestOptions): Promise<ModelList> {
    return this.http.json(modelListSchema, { method: "GET", path: PATH, repeatable: true }, options);
  }

  /** A model. An id such as `ft:open-mistral-7b:support:20260101:1a2b3c4d` is given as it is. */
  async get(id: string, options?: RequestOptions): Promise<Model> {
    return this.http.json(modelSchema, { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true }, options);
  }

  /**
   * Sets the name and the description of a fine-tuned model; what is left out stays.
   *
   * @example
   * await client.models.update(job.fine_tuned_model, { name: "Support", description: "Answers tickets" });
   */
  async update(id: string, changes: ModelUpdate, options?: RequestOptions): Promise<Model> {
    return this.http.json(
      modelSchema,
      { method: "PATCH", path: `${FINE_TUNED_PATH}/${segment(id)}`, json: changes, repeatable: true },
      options,
    );
  }

  /** Archives a fine-tuned model: it stays, but cannot be used until it is unarchived. */
  async archive(id: string, options?: RequestOptions): Promise<Archived> {
    return this.setArchived("POST", id, options);
  }

  /** Makes an archived model usable again. */
  async unarchive(id: string, options?: RequestOptions): Promise<Archived> {
    return this.setArchived("DELETE", id, options);
  }

  /**
   * Deletes a fine-tuned model, for good.
   *
   * @throws {NotFoundError} there is none; unless a repeat found none, because an earlier attempt had deleted it
   */
  async delete(id: string, options?: RequestOptions): Promise<Deleted> {
    return deleteIdempotently(this.http, PATH, id, options);
  }

  // Both can be repeated: what is archived already stays archived.
  private async setArchived(method: "POST" | "DELETE", id: string, options?: RequestOptions): Promise<Archived> {
    return this.http.json(
      archivedSchema,
      { method, path: `${FINE_TUNED_PATH}/${segment(id)}/archive`, repeatable: true },
      options,
    );
  }
}
