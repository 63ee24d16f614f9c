/** Where a request breaks a rule, in the shape FastAPI (and so Mistral's own API) reports it. */
export interface Violation {
  /** The path to the value: `["body", "hyperparameters", "learning_rate"]`, `["query", "page_size"]`. */
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** An answer of this server that is not a success: the status, and the reply's `type` and `message`. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
  ) {
    super(message);
    this.name = new.target.name;
  }

  /** The reply's body: the error object of the OpenAPI document, with the `object` that the hosted API adds. */
  toReply(): object {
    return { object: "error", message: this.message, type: this.type, code: this.status };
  }
}

/** 400: understood, and not possible on what it names. */
export class BadRequestError extends ApiError {
  constructor(message: string) {
    super(400, "invalid_request_error", message);
  }
}

/** 401: no key, or one that this server does not know. */
export class UnauthorizedError extends ApiError {
  constructor(message: string) {
    super(401, "unauthorized", message);
  }
}

/** 403: a signed URL that has expired or was changed. */
export class ForbiddenError extends ApiError {
  constructor(message: string) {
    super(403, "forbidden", message);
  }
}

/** 404: there is no such thing (any more). */
export class NotFoundError extends ApiError {
  constructor(message: string) {
    super(404, "not_found", message);
  }
}

/** 409: not in the state that something is in now. */
export class ConflictError extends ApiError {
  constructor(message: string) {
    super(409, "conflict", message);
  }
}

/** 413: a file or body over the limit. */
export class TooLargeError extends ApiError {
  constructor(message: string) {
    super(413, "too_large", message);
  }
}

/** 422: a body or query that breaks a rule; lists every violation that was found. */
export class UnprocessableError extends ApiError {
  constructor(readonly violations: Violation[]) {
    super(422, "invalid_request", violations.map((each) => `${each.loc.join(".")}: ${each.msg}`).join("; "));
  }

  override toReply(): object {
    return { detail: this.violations };
  }
}
