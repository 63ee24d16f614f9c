import { NotFoundError } from "../errors/apiErrors";
import type { RequestOptions } from "../options";
import { deletedSchema } from "../schemas";
import type { Deleted } from "../types.generated";
import type { Http } from "./http";
import { segment } from "./query";

/**
 * Deletes `path/id`. A 404 after a retry counts as success: the earlier attempt deleted the object, but its reply was lost. A 404 on
 * the first attempt throws `NotFoundError`.
 */
export async function deleteIdempotently(
  http: Http,
  path: string,
  id: string,
  options?: RequestOptions,
): Promise<Deleted> {
  try {
    const request = { method: "DELETE", path: `${path}/${segment(id)}`, repeatable: true } as const;
    return await http.json(deletedSchema, request, options);
  } catch (error) {
    if (error instanceof NotFoundError && error.attempts > 1) {
      return { id, deleted: true };
    }
    throw error;
  }
}
