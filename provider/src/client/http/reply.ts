import type { IncomingHttpHeaders } from "node:http";
import { apiErrorFor } from "../errors/apiErrors";
import { parseErrorBody } from "../errors/errorBody";
import { InvalidResponseError, type MistralError, type RequestPlace } from "../errors/errors";
import { parseRetryAfter } from "./retry";

/** A reply, as far as this client looks at it. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Takes the request's secrets out of a text for people: a server, or a proxy, may echo what it was sent. */
  redact(text: string): string;
}

/** What a reply is held against: a zod schema. Without zod's own types, which a user's compiler would have to read. */
export interface ReplySchema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

const LONGEST_EXCERPT = 80;

/**
 * The reply's JSON in the schema's shape. `null` counts as absent: the hosted service sends it where other servers
 * leave the field out, and both mean the same.
 *
 * @throws {InvalidResponseError} not JSON, or not of the shape.
 */
export function readReply<T>(schema: ReplySchema<T>, reply: Reply, place: RequestPlace): T {
  if (reply.status >= 300) {
    throw redirected(reply, place);
  }
  let value: unknown;
  try {
    // Most replies hold none, and looking at every value takes longer than the rest of the parsing.
    value = reply.body.includes("null") ? JSON.parse(reply.body, withoutNull) : JSON.parse(reply.body);
  } catch {
    throw notAnApiReply(reply, place);
  }
  const result = schema.safeParse(value);
  if (result.success) {
    return result.data;
  }
  const [issue] = result.error.issues;
  const field = issue === undefined ? "" : fieldName(issue.path);
  throw new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply), field: field === "" ? undefined : field },
    `the reply is JSON, but not what the API answers here: ${field === "" ? "" : `${field}: `}${issue?.message ?? "unexpected shape"}`,
  );
}

/** The error that a reply with an error status stands for. */
export function errorOf(reply: Reply, place: RequestPlace, attempts: number): MistralError {
  const body = parseErrorBody(reply.body, reply.redact);
  // A gateway's own "404 page not found" says nothing about a job, and must not be taken for "the job is gone".
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
  });
}

/** The error for a redirect. None is followed, because the key would go along. */
export function redirected(reply: Reply, place: RequestPlace): InvalidResponseError {
  const { location } = reply.headers;
  // Without its query, which may be signed.
  const target =
    location !== undefined && URL.canParse(location, place.baseUrl) ? new URL(location, place.baseUrl) : undefined;
  const where = target === undefined ? "" : ` to ${target.origin}${target.pathname}`;
  return new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply) },
    `the server answered ${reply.status}, a redirect${where}, which is not followed`,
  );
}

function notAnApiReply(reply: Reply, place: RequestPlace): InvalidResponseError {
  const type = reply.headers["content-type"]?.split(";")[0]?.trim();
  const text = reply.redact(reply.body).replace(/\s+/g, " ").trim();
  const excerpt = text.length > LONGEST_EXCERPT ? `${text.slice(0, LONGEST_EXCERPT)}…` : text;
  const what = type === "application/json" ? "JSON that breaks off or is broken" : (type ?? "a body of no stated type");
  return new InvalidResponseError(
    place,
    { status: reply.status, requestId: requestIdOf(reply) },
    `status ${reply.status} came with ${text === "" ? "an empty body" : `${what} (${JSON.stringify(excerpt)})`}, where the API answers JSON`,
  );
}

function requestIdOf(reply: Reply): string | undefined {
  for (const name of ["x-request-id", "x-kong-request-id", "mistral-correlation-id"]) {
    const value = reply.headers[name];
    if (typeof value === "string" && value !== "") {
      return value;
    }
  }
  return undefined;
}

function withoutNull(this: unknown, _key: string, value: unknown): unknown {
  // In a list, leaving out would shift what follows.
  return value === null && !Array.isArray(this) ? undefined : value;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) =>
      typeof part === "number" ? `${name}[${part}]` : name === "" ? String(part) : `${name}.${String(part)}`,
    "",
  );
}
