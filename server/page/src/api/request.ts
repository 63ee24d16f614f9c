import { path } from "../links";
import { forgetReply } from "./lastReply";

/** A request that failed. */
export class RequestError extends Error {
  /** @param status the HTTP status; undefined when there was no reply */
  constructor(
    readonly status: number | undefined,
    message: string,
    readonly requestId?: string | undefined,
  ) {
    super(message);
  }
}

/** A reply that takes longer than this, in milliseconds, is not waited for: the connection may be dead. */
const TIMEOUT = 30_000;

/** Called when the server no longer accepts the session, or replies for another one: another tab has logged in or out. */
let onSessionChange = () => {};
export function setSessionChangeHandler(handler: () => void): void {
  onSessionChange = handler;
}

/** The workspace that the page shows; undefined before a login. */
let workspace: string | undefined;
export function setWorkspace(name: string | undefined): void {
  // Before the pages render, which show their last reply at once.
  if (name !== workspace) forgetReply();
  workspace = name;
}

/** Sends a GET request. @throws {RequestError} */
export const get = <Reply>(route: string, signal?: AbortSignal): Promise<Reply> => send("GET", route, { signal });

/** Sends a request that changes something. @throws {RequestError} */
export const post = <Reply>(route: string, body?: unknown): Promise<Reply> => send("POST", route, { body });

/** Learns whether the server answers a GET request, without its body. @throws {RequestError} */
export const probe = (route: string): Promise<void> => send("GET", route, { ignoresBody: true });

export async function send<Reply>(
  method: string,
  route: string,
  {
    body,
    signal,
    ignoresBody = false,
  }: { body?: unknown; signal?: AbortSignal | undefined; ignoresBody?: boolean } = {},
): Promise<Reply> {
  const timeout = AbortSignal.timeout(TIMEOUT);
  let response: Response;
  try {
    response = await fetch(path(route), {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    if (route !== "session" && isOfOtherSession(response)) onSessionChange();
    if (response.ok && ignoresBody) await response.body?.cancel();
    // A body may be cut.
    if (response.ok) return ignoresBody || response.status === 204 ? (undefined as Reply) : await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new RequestError(undefined, "The server does not answer.");
  }
  const requestId = response.headers.get("x-request-id") ?? undefined;
  throw new RequestError(response.status, await messageOf(response), requestId);
}

function isOfOtherSession({ status, headers }: Response): boolean {
  const actual = headers.get("x-workspace");
  return status === 401 || (actual !== null && actual !== workspace);
}

/** Returns the message of an error reply: the API's `message` or `detail`. */
async function messageOf(response: Response): Promise<string> {
  const reply: unknown = await response.json().catch(() => undefined);
  const { message, detail } = (reply ?? {}) as { message?: unknown; detail?: unknown };
  if (typeof message === "string") return message;
  if (typeof detail === "string") return detail;
  const [first] = Array.isArray(detail) ? detail : [];
  return typeof first?.msg === "string" ? first.msg : `The server answered with status ${response.status}.`;
}
