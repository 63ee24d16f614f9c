import type { IncomingHttpHeaders } from "node:http";
import { apiErrorFor } from "../errors/apiErrors";
import { parseErrorBody } from "../errors/errorBody";
import { InvalidResponseError, type MistralError, type RequestPlace } from "../errors/errors";
import { NestedTooDeeply, parseBoundedJson } from "./boundedJson";
import { parseRetryAfter } from "./retry";
import { workspaceIn } from "./workspace";

/** The parts of a reply that this client reads. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Redacts the request's secrets in a text, because a server or a proxy may echo what it received. Removes control characters. */
  redact(text: string): string;
}

/** The part of a zod schema that this file uses. Does not import zod's type, so that a user's compiler does not have to resolve `zod`. */
export interface ReplySchema<T> {
  safeParse(
    value: unknown,
    options?: object,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

const LONGEST_EXCERPT = 80;
const LONGEST_TARGET = 500;

/**
 * Parses the reply's JSON and validates it against the schema. Treats `null` as absent: the hosted service sends `null` where other
 * servers omit the field.
 *
 * @throws {InvalidResponseError} the reply is not JSON, or does not match the schema
 */
export function readReply<T>(schema: ReplySchema<T>, reply: Reply, place: RequestPlace): T {
  if (reply.status >= 300) {
    throw redirected(reply, place);
  }
  let value: unknown;
  try {
    // Skip the reviver when the reply has no null: calling it for every value takes longer than parsing.
    value = parseBoundedJson(reply.body, reply.body.includes("null") ? withoutNull : undefined);
  } catch (error) {
    throw error instanceof NestedTooDeeply ? nestedTooDeeply(reply, place) : notAnApiReply(reply, place);
  }
  // A list with a million invalid entries would otherwise take ten seconds and 2 GB.
  const result = schema.safeParse(value, { abortEarly: true });
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const field = issue === undefined ? "" : fieldName(issue.path);
  throw new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply), field: field === "" ? undefined : field },
    `the reply is JSON, but does not match this endpoint's schema: ${field === "" ? "" : `${field}: `}${issue?.message ?? "unexpected shape"}`,
  );
}

/**
 * Converts a reply with an error status to an error.
 *
 * @param expectedWorkspace the workspace of the object, if known
 */
export function errorOf(reply: Reply, place: RequestPlace, attempts: number, expectedWorkspace?: string): MistralError {
  const body = parseErrorBody(reply.body, reply.redact);
  // A gateway's "404 page not found" says nothing about a job. Do not report it as `NotFoundError`, which means the job is gone.
  if (body === undefined && (reply.status === 404 || reply.status === 410)) {
    return notAnApiReply(reply, place);
  }
  return apiErrorFor({
    ...place,
    status: reply.status,
    body,
    requestId: requestIdOf(reply),
    retryAfter: parseRetryAfter(reply.headers["retry-after"]),
    attempts,
    workspace: workspaceIn(reply.headers),
    expectedWorkspace,
  });
}

/** Returns the error for a redirect. Redirects are not followed, because that would send the key to their target. */
export function redirected(reply: Reply, place: RequestPlace): InvalidResponseError {
  const { location } = reply.headers;
  // Omit the query, which may contain a signature.
  const target =
    location !== undefined && URL.canParse(location, place.baseUrl) ? new URL(location, place.baseUrl) : undefined;
  const isWeb = target?.protocol === "http:" || target?.protocol === "https:";
  const where = isWeb ? ` to ${shortened(reply.redact(target.origin + target.pathname), LONGEST_TARGET)}` : "";
  return new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply) },
    `the server answered ${reply.status}, a redirect${where}; this client does not follow redirects`,
  );
}

const nestedTooDeeply = (reply: Reply, place: RequestPlace) =>
  new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply) },
    "the reply is nested more than 100 levels deep",
  );

function notAnApiReply(reply: Reply, place: RequestPlace): InvalidResponseError {
  const type = shortened(reply.redact(reply.headers["content-type"]?.split(";")[0]?.trim() ?? "")) || undefined;
  const text = reply.redact(reply.body).replace(/\s+/g, " ").trim();
  const excerpt = shortened(text);
  const what = type === "application/json" ? "truncated or invalid JSON" : (type ?? "a body without a content type");
  return new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply) },
    `status ${reply.status} with ${text === "" ? "an empty body" : `${what} (${JSON.stringify(excerpt)})`} instead of the API's JSON`,
  );
}

function requestIdOf(reply: Reply): string | undefined {
  for (const name of ["x-request-id", "x-kong-request-id", "mistral-correlation-id"]) {
    const value = reply.headers[name];
    if (typeof value === "string" && value !== "") {
      return shortened(reply.redact(value));
    }
  }
  return undefined;
}

const shortened = (text: string, longest = LONGEST_EXCERPT) =>
  text.length > longest ? `${text.slice(0, longest)}…` : text;

function withoutNull(this: unknown, _key: string, value: unknown): unknown {
  // Keep null in arrays: removing it would shift the following elements.
  return value === null && !Array.isArray(this) ? undefined : value;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) =>
      typeof part === "number" ? `${name}[${part}]` : name === "" ? String(part) : `${name}.${String(part)}`,
    "",
  );
}
