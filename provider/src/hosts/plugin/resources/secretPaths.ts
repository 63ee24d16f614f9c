import { resourceTypes } from "../../resourceTypes/resourceTypes";
import type { Path, Received } from "../wire";

/** The inputs that are secret as a whole. The connection is not: a diff shows its URL. */
const secretInputs = Object.values(resourceTypes)
  .flatMap(({ inputsSchema }) => Object.entries(inputsSchema.shape))
  .filter(([name, schema]) => schema.meta()?.secret && name !== "connection")
  .map(([name]) => [name]);

/** The credentials, which are secret even if the program passes plain text. */
const CREDENTIALS: readonly Path[] = [["connection", "apiKey"], ...secretInputs];

/** Returns the paths to mark as secret in a response: the credentials, and what the program marked as secret. */
export function secretPaths(...received: Received[]): Path[] {
  return [...CREDENTIALS, ...received.flatMap(({ secrets }) => secrets)];
}
