import { NotFoundError } from "../errors/apiErrors";
import type { RequestOptions } from "../options";
import { deletedSchema } from "../schemas";
import type { Deleted } from "../types.generated";
import type { Http } from "./http";
import { segment } from "./query";

/**
 * Deletes `path/id`. When the connection broke and a repeat finds nothing, the attempt before has deleted it: that is
 * success. Nothing there at the first attempt is a `NotFoundError`, which the caller may well take for success too.
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
