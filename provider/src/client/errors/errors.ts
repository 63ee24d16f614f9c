/** The target of a failed request. Holds no headers and no query, so it contains no secret. */
export interface RequestPlace {
  /** `GET`, `POST`, … */
  readonly method: string;
  /** Path on the server, such as `/v1/fine_tuning/jobs`; without the query. */
  readonly path: string;
  /** The client's base URL. */
  readonly baseUrl: string;
}

/**
 * Base class of this client's errors. `name` and `code` are stable, so compare those; `message` is for people and may change. No
 * error holds the API key, a request header or the HTTP library's error.
 *
 * @example
 * try {
 *   await client.jobs.get(id);
 * } catch (error) {
 *   if (error instanceof NotFoundError) console.log("gone", error.requestId);
 *   else throw error;
 * }
 */
export abstract class MistralError extends Error {
  /** Stable code of the error's class, such as `ERR_MISTRAL_NOT_FOUND`. */
  readonly code: string;
  /** First part of the message: what failed, and where. */
  readonly summary: string;
  /** Last part of the message: what to check before sending the request again; often empty. */
  readonly caution: string;

  /** @param advice what to do next, for a program that uses this client */
  constructor(summary: string, advice = "", caution = "") {
    super(joinParts(summary, advice, caution));
    this.code = codeOf(this.name);
    this.summary = summary;
    this.caution = caution;
  }

  /**
   * Returns the message with different advice. For programs that set the client's options themselves, such as the Pulumi provider.
   */
  messageWith(advice: string): string {
    return joinParts(this.summary, advice, this.caution);
  }
}

const joinParts = (...parts: string[]) => parts.filter((part) => part !== "").join(" ");

/** `NotFoundError` → `ERR_MISTRAL_NOT_FOUND` */
const codeOf = (name: string) =>
  `ERR_MISTRAL${name
    .replace(/Error$/, "")
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`;

/** Sets the `name` of error classes from the object's keys, because bundlers shorten class names but keep keys. */
export function nameErrors(classes: Record<string, { prototype: MistralError }>): void {
  for (const [name, { prototype }] of Object.entries(classes)) {
    Object.defineProperty(prototype, "name", { value: name, writable: true, configurable: true });
  }
}

/** No API key is set, and the server is not on this machine. Thrown before a request is sent. */
export class MissingApiKeyError extends MistralError {
  readonly baseUrl: string;

  constructor(baseUrl: string) {
    super(`No API key is set for ${baseUrl}.`, "Set the client option apiKey.");
    this.baseUrl = baseUrl;
  }
}

/** The API key contains characters that an HTTP header cannot contain, usually a line break or a quote copied by accident. */
export class InvalidApiKeyError extends MistralError {}

/** The base URL is invalid. */
export class InvalidBaseUrlError extends MistralError {
  /** Whether the URL contains a user name or a password. */
  readonly hasCredentials: boolean;

  constructor(summary: string, advice: string, hasCredentials = false) {
    super(summary, advice);
    this.hasCredentials = hasCredentials;
  }
}

/** An argument is invalid, such as an empty ID or a negative limit. Thrown before a request is sent. */
export class InvalidArgumentError extends MistralError {}

/** The call's `signal` was aborted: during the request, the backoff before a retry, or between two polls. */
export class AbortedError extends MistralError {}

/** The last attempt made no progress for `timeoutMs`, or its reply was not complete within five times as long. */
export class RequestTimeoutError extends MistralError {
  readonly method: string;
  readonly path: string;
  /** Milliseconds without progress. */
  readonly timeoutMs: number;

  constructor(
    place: RequestPlace,
    timeoutMs: number,
    attempts: number,
    caution: string,
    problem = `no progress for ${timeoutMs / 1000} s`,
  ) {
    super(
      `${place.method} ${place.path} on ${place.baseUrl}: ${problem}${inAttempts(attempts)}.`,
      "Retry, or increase the timeout (requestTimeoutMs).",
      caution,
    );
    this.method = place.method;
    this.path = place.path;
    this.timeoutMs = timeoutMs;
  }
}

/**
 * The reply does not come from the API: a web page, invalid JSON, or JSON without a required field. The usual cause is a wrong base
 * URL, or a proxy that answers instead of the API.
 */
export class InvalidResponseError extends MistralError {
  readonly method: string;
  readonly path: string;
  /** Status of the reply. */
  readonly status: number;
  /** The field that is missing or has the wrong type, such as `data[3].status`. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    place: RequestPlace,
    reply: { status: number; requestId?: string | undefined; field?: string | undefined },
    problem: string,
  ) {
    const id = reply.requestId === undefined ? "" : ` (request id ${reply.requestId})`;
    super(
      `${place.method} ${place.path} on ${place.baseUrl}: ${problem}${id}. Check that ${place.baseUrl} is the address of the Mistral API or of a server that speaks it, and that no proxy answers instead.`,
    );
    this.method = place.method;
    this.path = place.path;
    this.status = reply.status;
    this.field = reply.field;
    this.requestId = reply.requestId;
  }
}

/** `waitUntilComplete` timed out. Only the wait ended: the job keeps running. */
export class WaitTimeoutError extends MistralError {
  readonly jobId: string;
  /** Last known status; undefined when no poll was answered. */
  readonly status: string | undefined;

  constructor(jobId: string, status: string | undefined, timeoutMs: number) {
    super(
      `Job ${jobId} did not finish within ${timeoutMs / 1000} s${status === undefined ? "" : ` (last status ${status})`}. It was not cancelled and keeps running on the server. Call waitUntilComplete with the same ID to resume waiting.`,
    );
    this.jobId = jobId;
    this.status = status;
  }
}

/** The file to upload cannot be read: it is missing, is a directory, or access is denied. Nothing was uploaded. */
export class FileUnreadableError extends MistralError {
  readonly file: string;

  constructor(file: string, problem: string) {
    super(`Cannot read ${file}: ${problem}.`);
    this.file = file;
  }
}

/** The file changed during the upload, or does not have the expected content. The server did not keep the upload. */
export class FileChangedError extends MistralError {
  readonly file: string;
  /** What happened to the file, as text that follows its name. */
  readonly problem: string;

  constructor(file: string, problem: string) {
    super(
      `${file} ${problem}. The upload was aborted and discarded.`,
      "Retry after no other program writes to the file.",
    );
    this.file = file;
    this.problem = problem;
  }
}

export function inAttempts(attempts: number): string {
  return attempts > 1 ? ` in ${attempts} attempts` : "";
}

nameErrors({
  MistralError,
  MissingApiKeyError,
  InvalidApiKeyError,
  InvalidBaseUrlError,
  InvalidArgumentError,
  AbortedError,
  RequestTimeoutError,
  InvalidResponseError,
  WaitTimeoutError,
  FileUnreadableError,
  FileChangedError,
});
