import { STATUS_CODES } from "node:http";
import type { ErrorBody } from "./errorBody";
import { inAttempts, MistralError, nameErrors, type RequestPlace } from "./errors";

/** What is known of a reply that reports an error. */
export interface ErrorReply extends RequestPlace {
  readonly status: number;
  /** What the body says; undefined when it is not in any of the API's shapes. */
  readonly body?: ErrorBody | undefined;
  readonly requestId?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  /** How many times the request was sent. */
  readonly attempts: number;
}

/** The API answered with an error status. The subclass says which. */
export class ApiError extends MistralError {
  /** HTTP status. */
  readonly status: number;
  readonly method: string;
  readonly path: string;
  readonly baseUrl: string;
  /** The API's own `type` of the error, such as `invalid_request_error`. */
  readonly type: string | undefined;
  /** The API's own `code`; this class's stable one is `code`. */
  readonly apiCode: string | undefined;
  /** The field or parameter that the API complains of. */
  readonly param: string | undefined;
  /** What the API said, without this client's additions. */
  readonly apiMessage: string | undefined;
  /** From `x-request-id`, `x-kong-request-id` or `mistral-correlation-id`: what Mistral's support asks for. */
  readonly requestId: string | undefined;
  /** Seconds to wait before another try, when the server said so. */
  readonly retryAfter: number | undefined;
  /** How many times the request was sent, the last time included. */
  readonly attempts: number;
  /** Whether the service says that it has ended training for good. */
  readonly retired: boolean = false;

  constructor(reply: ErrorReply, advice = "") {
    const requestId = reply.requestId ?? reply.body?.requestId;
    const said = reply.body?.message === undefined ? "" : `: ${reply.body.message.replace(/[.\s]+$/, "")}`;
    const id = requestId === undefined ? "" : ` (request id ${requestId})`;
    super(
      `${reply.method} ${reply.path} on ${reply.baseUrl}: ${reply.status} ${STATUS_CODES[reply.status] ?? "error"}${said}${inAttempts(reply.attempts)}${id}.`,
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
  }
}

/** 400: the request is wrong. */
export class BadRequestError extends ApiError {}

/** 401: the key is wrong, expired or revoked. */
export class AuthenticationError extends ApiError {}

/** 403: the key may not do this. */
export class PermissionDeniedError extends ApiError {}

/** 404: there is no such thing, here. A 404 that is not in the API's shape is an `InvalidResponseError` instead. */
export class NotFoundError extends ApiError {}

/** 409: the state of the job, file or model does not allow it. */
export class ConflictError extends ApiError {}

/** 410: it existed once. */
export class GoneError extends ApiError {}

/** 410 from the creation of a job: the service has ended training. */
export class TrainingRetiredError extends GoneError {
  override readonly retired = true;
}

/** 413: the file is larger than the server takes. */
export class PayloadTooLargeError extends ApiError {}

/** 422: a field has the wrong type or value; `param` names the first. */
export class UnprocessableEntityError extends ApiError {}

/** 429: too many requests, or too many jobs at once. */
export class RateLimitError extends ApiError {}

/** 5xx: the server failed. */
export class ServerError extends ApiError {}

/** The class of each status, and what to do about it. */
const BY_STATUS: Record<number, [type: typeof ApiError, advice?: string]> = {
  400: [BadRequestError],
  401: [AuthenticationError, "The API key is wrong, expired or for another server."],
  403: [PermissionDeniedError, "The key is known but may not do this. Check its workspace and its rights."],
  404: [NotFoundError, "It was deleted, or belongs to another organization or another server."],
  409: [ConflictError],
  410: [GoneError],
  413: [PayloadTooLargeError, "The service takes files of at most 512 MiB each. Split the data into several files."],
  422: [UnprocessableEntityError],
  429: [RateLimitError],
};

const RETIRED =
  "Mistral's hosted service ended training in 2026; files, and models that were trained before, are still served there. To train, set the client's option baseUrl to a self-hosted server that speaks this API.";

/** Maps a status to an error class. Code outside this file compares classes, never statuses. */
export function apiErrorFor(reply: ErrorReply): ApiError {
  if (reply.status === 410 && reply.method === "POST" && reply.path === "/v1/fine_tuning/jobs") {
    return new TrainingRetiredError(reply, RETIRED);
  }
  if (reply.status === 429) {
    const pause = reply.retryAfter === undefined ? "later" : `in ${Math.ceil(reply.retryAfter)} s`;
    return new RateLimitError(reply, `Too many requests, or too many jobs at once. Try again ${pause}.`);
  }
  if (reply.status >= 500) return new ServerError(reply, "The failure is on the server's side.");
  const [type, advice] = BY_STATUS[reply.status] ?? [ApiError];
  return new type(reply, advice);
}

nameErrors({
  ApiError,
  BadRequestError,
  AuthenticationError,
  PermissionDeniedError,
  NotFoundError,
  ConflictError,
  GoneError,
  TrainingRetiredError,
  PayloadTooLargeError,
  UnprocessableEntityError,
  RateLimitError,
  ServerError,
});
