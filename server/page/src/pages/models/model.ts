/** A model in the reply of `GET /v1/models`: the fields that the page shows. Times are seconds since 1970. */
export interface Model {
  id: string;
  type: "base" | "fine-tuned";
  created: number;
  /** Null: no name was given. */
  name: string | null;
  description?: string | null;
  /** The base model of a fine-tuned one. */
  root?: string;
  /** The ID of the job that has produced the model. */
  job?: string;
  archived?: boolean;
  /** Absent for a simulated model. */
  artifact?: { bytes: number };
  /** Who holds the model, for example an approval. */
  held_by?: string[];
  /** What happens to the model when the last hold ends. */
  pending_deletion_policy?: "archive" | "delete";
}

export type ModelState = "held" | "archived" | "other";

export const stateOf = ({ held_by: holders = [], archived }: Model): ModelState =>
  holders.length > 0 ? "held" : archived ? "archived" : "other";

export interface ModelFilter {
  search: string;
  /** Empty for all. */
  state: string;
}

/** Returns the fine-tuned models that match, newest first, as the server sends them. Ignores the case of letters. */
export function matchingModels(models: readonly Model[], { search, state }: ModelFilter): Model[] {
  const text = search.trim().toLowerCase();
  const texts = ({ id, name, root, held_by: holders = [] }: Model) => [id, name ?? "", root ?? "", ...holders];
  return models.filter(
    (model) =>
      model.type === "fine-tuned" &&
      (state === "" || stateOf(model) === state) &&
      texts(model).some((each) => each.toLowerCase().includes(text)),
  );
}
