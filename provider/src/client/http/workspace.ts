import type { IncomingHttpHeaders } from "node:http";

/** Names the workspace of the API key. `mistral-fine-tuning-server` sends it with every reply. */
const HEADER = "x-workspace";

/** The workspace on a server that does not name one: such a server has only one, which a newer version calls `default`. */
export const DEFAULT_WORKSPACE = "default";

/** Returns the workspace that a reply names. Undefined also when it is not a name, because it appears in messages. */
export function workspaceIn(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[HEADER];
  return typeof value === "string" && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(value) ? value : undefined;
}

const workspaces = new WeakMap<object, string>();

/** Records the workspace of the objects in a reply: a single object, or the entries of a list. */
export function recordWorkspace(value: unknown, workspace: string | undefined): void {
  if (workspace === undefined || typeof value !== "object" || value === null) return;
  workspaces.set(value, workspace);
  const { data } = value as { data?: unknown };
  for (const entry of Array.isArray(data) ? data : []) {
    if (typeof entry === "object" && entry !== null) workspaces.set(entry, workspace);
  }
}

/**
 * Returns the workspace of an object that this client has returned.
 *
 * @returns undefined for a copy of the object, and when the server names no workspace
 */
export function workspaceOf(reply: object): string | undefined {
  return workspaces.get(reply);
}
