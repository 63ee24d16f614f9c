import { STATUS_CODES } from "node:http";
import { DEFAULT_WORKSPACE } from "../http/workspace";
import type { ErrorBody } from "./errorBody";
import { inAttempts, MistralError, nameErrors, type RequestPlace } from "./errors";

/** A reply with an error status. */
export interface ErrorReply extends RequestPlace {
  readonly status: number;
  /** The parsed body; undefined when it has none of the API's shapes. */
  readonly body?: ErrorBody | undefined;
  readonly requestId?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  /** Number of times the request was sent. */
  readonly attempts: number;
  /** The workspace of the API key, if the server names it. */
  readonly workspace?: string | undefined;
  /** The workspace of the requested object, if the client knows it. */
  readonly expectedWorkspace?: string | undefined;
}

/** The API answered with an error status. Each status has its own subclass. */
export class ApiError extends MistralError {
  /** HTTP status. */
  readonly status: number;
  readonly method: string;
  readonly path: string;
  readonly baseUrl: string;
  /** The API's `type` of the error, such as `invalid_request_error`. */
  readonly type: string | undefined;
  /** The field `code` of the API's error body. Not the same as the property `code`, which is the stable code of this error class. */
  readonly apiCode: string | undefined;
  /** The invalid field or parameter. */
  readonly param: string | undefined;
  /** The API's message, without this client's additions. */
  readonly apiMessage: string | undefined;
  /** From `x-request-id`, `x-kong-request-id` or `mistral-correlation-id`. Mistral's support asks for it. */
  readonly requestId: string | undefined;
  /** Seconds to wait before a retry, from the `Retry-After` header. */
  readonly retryAfter: number | undefined;
  /** Number of times the request was sent, including the last. */
  readonly attempts: number;
  /** The workspace of the API key. Only `mistral-fine-tuning-server` names it. */
  readonly workspace: string | undefined;
  /** Whether the service has ended training permanently. */
  readonly retired: boolean = false;

  /** @param explanation appended to the summary */
  constructor(reply: ErrorReply, advice = "", explanation = "") {
    const requestId = reply.requestId ?? reply.body?.requestId;
    const message = reply.body?.message === undefined ? "" : `: ${withoutEnd(reply.body.message)}`;
    const id = requestId === undefined ? "" : ` (request id ${requestId})`;
    super(
      `${reply.method} ${reply.path} on ${reply.baseUrl}: ${reply.status} ${STATUS_CODES[reply.status] ?? "error"}${message}${inAttempts(reply.attempts)}${id}.${explanation && ` ${explanation}`}`,
      advice,
    );
    this.status = reply.status;
    this.method = reply.method;
    this.path = reply.path;
    this.baseUrl = reply.baseUrl;
    this.type = reply.body?.type;
    this.apiCode = reply.body?.code;
    this.param = reply.body?.param;
    this.apiMessage = reply.body?.message;
    this.requestId = requestId;
    this.retryAfter = reply.retryAfter;
    this.attempts = reply.attempts;
    this.workspace = reply.workspace;
  }
}

/** Removes the final period and white space. Not with a regular expression that starts before the end: it takes quadratic time. */
function withoutEnd(message: string): string {
  let end = message.length;
  while (end > 0 && /[.\s]/.test(message.charAt(end - 1))) {
    end -= 1;
  }
  return message.slice(0, end);
}

/** 400: the request is invalid. */
export class BadRequestError extends ApiError {}

/** 401: the key is wrong, expired or revoked. */
export class AuthenticationError extends ApiError {}

/** 403: the key lacks the permission. */
export class PermissionDeniedError extends ApiError {}

/** 404: the object does not exist on this server. A 404 whose body is not the API's is an `InvalidResponseError` instead. */
export class NotFoundError extends ApiError {}

/**
 * 404, but the API key belongs to another workspace than the object (see `workspace` in `ClientOptions`): the object may
 * exist. Not a `NotFoundError`.
 */
export class WorkspaceMismatchError extends ApiError {
  /** The workspace of the object. */
  readonly expectedWorkspace: string;

  constructor(reply: ErrorReply, expectedWorkspace: string) {
    const workspace = reply.workspace ?? DEFAULT_WORKSPACE;
    super(
      reply,
      `Use a key of workspace "${expectedWorkspace}".`,
      `The object belongs to workspace "${expectedWorkspace}", but the API key belongs to workspace "${workspace}", which cannot access it.`,
    );
    this.expectedWorkspace = expectedWorkspace;
  }
}

/** 409: the state of the job, file or model does not allow the operation. */
export class ConflictError extends ApiError {}

/** 410: the object no longer exists. */
export class GoneError extends ApiError {}

/** 410 on job creation: the service has ended training. */
export class TrainingRetiredError extends GoneError {
  override readonly retired = true;
}

/** 413: the file is larger than the server accepts. */
export class PayloadTooLargeError extends ApiError {}

/** 422: a field has an invalid type or value; `param` names the first. */
export class UnprocessableEntityError extends ApiError {}

/** 429: too many requests, or too many concurrent jobs. */
export class RateLimitError extends ApiError {}

/** 5xx: the server failed. */
export class ServerError extends ApiError {}

/** The class of each status, and advice on what to do next. */
const BY_STATUS: Record<number, [type: typeof ApiError, advice?: string]> = {
  400: [BadRequestError],
  401: [AuthenticationError, "The API key is wrong, expired or for another server."],
  403: [PermissionDeniedError, "The key is valid but lacks the permission. Check its workspace and its permissions."],
  404: [NotFoundError, "The object was deleted, or belongs to another organization or server."],
  409: [ConflictError],
  410: [GoneError],
  413: [PayloadTooLargeError, "The service accepts files of at most 512 MiB. Split the data into several files."],
  422: [UnprocessableEntityError],
  429: [RateLimitError],
};

const RETIRED =
  "Mistral's hosted service ended training in 2026. It still serves files and existing models. To train, set the client option baseUrl to a self-hosted server that speaks this API.";

/** Maps a status to its error class. Code outside this file compares classes, not statuses. */
export function apiErrorFor(reply: ErrorReply): ApiError {
  const { workspace, expectedWorkspace } = reply;
  if (reply.status === 404) {
    if (expectedWorkspace !== undefined && expectedWorkspace !== (workspace ?? DEFAULT_WORKSPACE)) {
      return new WorkspaceMismatchError(reply, expectedWorkspace);
    }
    if (workspace !== undefined) {
      return new NotFoundError(
        reply,
        `The object was deleted, or belongs to another workspace or server: the API key belongs to workspace "${workspace}".`,
      );
    }
  }
  if (reply.status === 410 && reply.method === "POST" && reply.path === "/v1/fine_tuning/jobs") {
    return new TrainingRetiredError(reply, RETIRED);
  }
  if (reply.status === 429) {
    const pause = reply.retryAfter === undefined ? "later" : `in ${Math.ceil(reply.retryAfter)} s`;
    return new RateLimitError(reply, `Too many requests, or too many concurrent jobs. Retry ${pause}.`);
  }
  if (reply.status >= 500) return new ServerError(reply, "The server failed. Retry later, or check the server's log.");
  const [type, advice] = BY_STATUS[reply.status] ?? [ApiError];
  return new type(reply, advice);
}

nameErrors({
  ApiError,
  BadRequestError,
  AuthenticationError,
  PermissionDeniedError,
  NotFoundError,
  WorkspaceMismatchError,
  ConflictError,
  GoneError,
  TrainingRetiredError,
  PayloadTooLargeError,
  UnprocessableEntityError,
  RateLimitError,
  ServerError,
});
