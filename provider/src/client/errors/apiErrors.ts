import { STATUS_CODES } from "node:http";
import type { ErrorBody } from "./errorBody";
import { inAttempts, MistralError, type RequestPlace } from "./errors";

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
  static {
    ApiError.prototype.name = "ApiError";
  }
  override readonly code: string = "ERR_MISTRAL_API";
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

  constructor(reply: ErrorReply, hint = "") {
    const requestId = reply.requestId ?? reply.body?.requestId;
    const said = reply.body?.message === undefined ? "" : `: ${reply.body.message.replace(/[.\s]+$/, "")}`;
    const id = requestId === undefined ? "" : ` (request id ${requestId})`;
    super(
      `${reply.method} ${reply.path} on ${reply.baseUrl}: ${reply.status} ${STATUS_CODES[reply.status] ?? "error"}${said}${inAttempts(reply.attempts)}${id}.${hint === "" ? "" : ` ${hint}`}`,
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
export class BadRequestError extends ApiError {
  static {
    BadRequestError.prototype.name = "BadRequestError";
  }
  override readonly code: string = "ERR_MISTRAL_BAD_REQUEST";
}

/** 401: the key is wrong, expired or revoked. */
export class AuthenticationError extends ApiError {
  static {
    AuthenticationError.prototype.name = "AuthenticationError";
  }
  override readonly code: string = "ERR_MISTRAL_AUTHENTICATION";
}

/** 403: the key may not do this. */
export class PermissionDeniedError extends ApiError {
  static {
    PermissionDeniedError.prototype.name = "PermissionDeniedError";
  }
  override readonly code: string = "ERR_MISTRAL_PERMISSION_DENIED";
}

/** 404: there is no such thing, here. A 404 that is not in the API's shape is an `InvalidResponseError` instead. */
export class NotFoundError extends ApiError {
  static {
    NotFoundError.prototype.name = "NotFoundError";
  }
  override readonly code: string = "ERR_MISTRAL_NOT_FOUND";
}

/** 409: the state of the job, file or model does not allow it. */
export class ConflictError extends ApiError {
  static {
    ConflictError.prototype.name = "ConflictError";
  }
  override readonly code: string = "ERR_MISTRAL_CONFLICT";
}

/** 410: it existed once. */
export class GoneError extends ApiError {
  static {
    GoneError.prototype.name = "GoneError";
  }
  override readonly code: string = "ERR_MISTRAL_GONE";
}

/** 410 from the creation of a job: the service has ended training. */
export class TrainingRetiredError extends GoneError {
  static {
    TrainingRetiredError.prototype.name = "TrainingRetiredError";
  }
  override readonly code: string = "ERR_MISTRAL_TRAINING_RETIRED";
}

/** 413: the file is larger than the server takes. */
export class PayloadTooLargeError extends ApiError {
  static {
    PayloadTooLargeError.prototype.name = "PayloadTooLargeError";
  }
  override readonly code: string = "ERR_MISTRAL_PAYLOAD_TOO_LARGE";
}

/** 422: a field has the wrong type or value; `param` names the first. */
export class UnprocessableEntityError extends ApiError {
  static {
    UnprocessableEntityError.prototype.name = "UnprocessableEntityError";
  }
  override readonly code: string = "ERR_MISTRAL_UNPROCESSABLE_ENTITY";
}

/** 429: too many requests, or too many jobs at once. */
export class RateLimitError extends ApiError {
  static {
    RateLimitError.prototype.name = "RateLimitError";
  }
  override readonly code: string = "ERR_MISTRAL_RATE_LIMIT";
}

/** 5xx: the server failed. */
export class ServerError extends ApiError {
  static {
    ServerError.prototype.name = "ServerError";
  }
  override readonly code: string = "ERR_MISTRAL_SERVER";
}

const BY_STATUS: Record<number, { type: typeof ApiError; hint?: string }> = {
  400: { type: BadRequestError },
  401: {
    type: AuthenticationError,
    hint: "The API key is wrong, expired or for another server. Set a valid one as connection.apiKey, mistral:apiKey or MISTRAL_API_KEY.",
  },
  403: {
    type: PermissionDeniedError,
    hint: "The key is known but may not do this. Check its workspace and its rights.",
  },
  404: {
    type: NotFoundError,
    hint: "It was deleted, or belongs to another organization or another server.",
  },
  409: { type: ConflictError },
  410: { type: GoneError },
  413: {
    type: PayloadTooLargeError,
    hint: "The service takes files of at most 512 MiB each. Split the data into several files.",
  },
  422: { type: UnprocessableEntityError },
  429: { type: RateLimitError },
};

const RETIRED_HINT =
  'Mistral\'s hosted service ended training in 2026; files, and models that were trained before, are still served there. To train, set "mistral:baseUrl" (or MISTRAL_BASE_URL) to a server of your own that speaks this API: "npx mistral-fine-tuning-server" starts one.';

/** The one place where a status becomes a class; above it only classes are looked at. */
export function apiErrorFor(reply: ErrorReply): ApiError {
  if (reply.status === 410 && reply.method === "POST" && reply.path === "/v1/fine_tuning/jobs") {
    return new TrainingRetiredError(reply, RETIRED_HINT);
  }
  if (reply.status === 429) {
    const pause = reply.retryAfter === undefined ? "later" : `in ${Math.ceil(reply.retryAfter)} s`;
    return new RateLimitError(reply, `Too many requests, or too many jobs at once. Try again ${pause}.`);
  }
  if (reply.status >= 500) {
    return new ServerError(reply, "The failure is on the server's side.");
  }
  const known = BY_STATUS[reply.status];
  return known === undefined ? new ApiError(reply) : new known.type(reply, known.hint);
}
