import { deleteIdempotently } from "./http/deletion";
import type { Http } from "./http/http";
import { segment, toQuery } from "./http/query";
import type { RequestOptions } from "./options";
import { archivedSchema, modelListSchema, modelSchema, shownRowListSchema } from "./schemas";
import type { Archived, Deleted, Model, ModelList, ShownRowList } from "./types.generated";

const PATH = "/v1/models";
const FINE_TUNED_PATH = "/v1/fine_tuning/models";

/** The changeable fields of a fine-tuned model. */
export interface ModelUpdate {
  name?: string | undefined;
  description?: string | undefined;
}

/** Models. Fine-tuned models can be renamed, archived and deleted. */
export class Models {
  constructor(private readonly http: Http) {}

  /** Returns all models that the key can use; this endpoint has no pages. */
  async list(options?: RequestOptions): Promise<ModelList> {
    return this.http.json(modelListSchema, { method: "GET", path: PATH, repeatable: true }, options);
  }

  /** Returns a model. Pass IDs such as `ft:open-mistral-7b:support:20260101:1a2b3c4d` unencoded. */
  async get(id: string, options?: RequestOptions): Promise<Model> {
    return this.http.json(modelSchema, { method: "GET", path: `${PATH}/${segment(id)}`, repeatable: true }, options);
  }

  /**
   * Sets the name and the description of a fine-tuned model. Omitted fields keep their value.
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

  /**
   * Archives a fine-tuned model: the model is kept, but cannot be used until it is unarchived. If `held_by` is in the reply, the
   * server archives the model when its last hold ends.
   */
  async archive(id: string, options?: RequestOptions): Promise<Archived> {
    return this.setArchived("POST", id, options);
  }

  /** Unarchives a fine-tuned model, so that it can be used again. Cancels what a hold delays: archiving and deleting. */
  async unarchive(id: string, options?: RequestOptions): Promise<Archived> {
    return this.setArchived("DELETE", id, options);
  }

  /**
   * Shows what a base model trains on: the tokens of samples, and which of them count for the loss. Only
   * `mistral-fine-tuning-server` with a training program supports this.
   *
   * @param samples JSONL, at most 1 MiB
   * @param request `rows` is the maximum number of rows, 1 to 1000; default 10
   * @throws {ServerError} status 501: the server's trainer has no tokens to show
   * @throws {UnprocessableEntityError} the model rejects a sample
   */
  async showRows(
    id: string,
    samples: string,
    request: { rows?: number | undefined } = {},
    options?: RequestOptions,
  ): Promise<ShownRowList> {
    return this.http.json(
      shownRowListSchema,
      {
        method: "POST",
        path: `${FINE_TUNED_PATH}/${segment(id)}/rows`,
        query: toQuery({ rows: request.rows }),
        body: { content: samples, headers: { "content-type": "application/x-ndjson" } },
        repeatable: true,
      },
      options,
    );
  }

  /**
   * Deletes a fine-tuned model permanently. If `held_by` is in the reply, the server deletes the model when its last hold ends.
   *
   * @throws {NotFoundError} the model does not exist. Not thrown after a retry: an earlier attempt may have deleted the model
   */
  async delete(id: string, options?: RequestOptions): Promise<Deleted> {
    return deleteIdempotently(this.http, PATH, id, options);
  }

  // Both are idempotent: archiving an archived model changes nothing.
  private async setArchived(method: "POST" | "DELETE", id: string, options?: RequestOptions): Promise<Archived> {
    return this.http.json(
      archivedSchema,
      { method, path: `${FINE_TUNED_PATH}/${segment(id)}/archive`, repeatable: true },
      options,
    );
  }
}
