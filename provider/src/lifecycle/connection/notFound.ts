import { NotFoundError } from "../../client";

/** Resolves to the reply, or to undefined when the API answers 404. Rethrows other errors. */
export async function undefinedIfNotFound<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
