/** The workspace of API keys without one, of a server without keys, and of all data of earlier releases. */
export const DEFAULT_WORKSPACE = "default";

/** The owner of what a server without keys received without a key. */
export const ANONYMOUS = "anonymous";

/** Who sends a request. */
export interface Caller {
  /** Files, jobs and models belong to a workspace. No other workspace can access them. */
  workspace: string;
  /** The hash of the API key, or `ANONYMOUS`. */
  owner: string;
}
