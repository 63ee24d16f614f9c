/** A rule that a request violates, in the format of FastAPI and of Mistral's API. */
export interface Violation {
  /** The path to the value: `["body", "hyperparameters", "learning_rate"]`, `["query", "page_size"]`. */
  loc: (string | number)[];
  msg: string;
  type: string;
}

/** The `type` of the error object for each status. Other statuses have `invalid_request_error`. */
const TYPES: Partial<Record<number, string>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  405: "method_not_allowed",
  409: "conflict",
  413: "too_large",
  422: "invalid_request",
  429: "too_many_requests",
  500: "internal_error",
  501: "not_implemented",
  503: "unavailable",
  507: "disk_full",
};

/**
 * A response with an error status.
 *
 * @example
 * throw new ApiError(404, "There is no file with this id");
 */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }

  /** Returns the body of the response: the error object of the OpenAPI document, plus `object` as in the hosted API. */
  toReply(): object {
    const type = TYPES[this.status] ?? "invalid_request_error";
    return { object: "error", message: this.message, type, code: this.status };
  }
}

/** 422: the body or the query is invalid. Lists all violations. */
export class UnprocessableError extends ApiError {
  override name = "UnprocessableError";

  constructor(readonly violations: Violation[]) {
    super(422, violations.map((each) => `${each.loc.join(".")}: ${each.msg}`).join("; "));
  }

  override toReply(): object {
    return { detail: this.violations };
  }
}
