/** Where a failed request went. Holds no header and no query: nothing here can carry a secret. */
export interface RequestPlace {
  /** `GET`, `POST`, … */
  readonly method: string;
  /** Path on the server, such as `/v1/fine_tuning/jobs`; without the query. */
  readonly path: string;
  /** The client's base URL. */
  readonly baseUrl: string;
}

/**
 * What every error of this client extends. `name` and `code` are stable and meant to be compared; `message` is for people and
 * may change. No error holds the API key, a request header or the HTTP library's own error.
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
  /** The first part of the message: what failed, and where. */
  readonly summary: string;
  /** The last part of the message: what else to know before the request is sent again; often empty. */
  readonly caution: string;

  /** @param advice what to do next, for a program that uses this client */
  constructor(summary: string, advice = "", caution = "") {
    super(joinParts(summary, advice, caution));
    this.code = codeOf(this.name);
    this.summary = summary;
    this.caution = caution;
  }

  /** The message with advice for other readers, who set the client's options by other means. */
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

/** Gives error classes their names, which bundlers would shorten: the keys of an object stay as they are. */
export function nameErrors(classes: Record<string, { prototype: MistralError }>): void {
  for (const [name, { prototype }] of Object.entries(classes)) {
    Object.defineProperty(prototype, "name", { value: name, writable: true, configurable: true });
  }
}

/** No API key, and the server is not on this machine. Thrown before anything is sent. */
export class MissingApiKeyError extends MistralError {
  readonly baseUrl: string;

  constructor(baseUrl: string) {
    super(`There is no API key for ${baseUrl}.`, "Set the client's option apiKey.");
    this.baseUrl = baseUrl;
  }
}

/** The API key has characters that no HTTP header can carry: most often a line break or a quote copied along. */
export class InvalidApiKeyError extends MistralError {}

/** The base URL cannot be used. */
export class InvalidBaseUrlError extends MistralError {
  /** Whether the URL holds a user name or a password. */
  readonly hasCredentials: boolean;

  constructor(summary: string, advice: string, hasCredentials = false) {
    super(summary, advice);
    this.hasCredentials = hasCredentials;
  }
}

/** An argument of a call cannot be used: an empty id, a negative limit. Thrown before anything is sent. */
export class InvalidArgumentError extends MistralError {}

/** The `signal` of the call was aborted: during the request, in the pause before a retry, or between two polls. */
export class AbortedError extends MistralError {}

/** The server stopped making progress for `timeoutMs`, in the last of all attempts. */
export class RequestTimeoutError extends MistralError {
  readonly method: string;
  readonly path: string;
  /** Milliseconds without progress. */
  readonly timeoutMs: number;

  constructor(place: RequestPlace, timeoutMs: number, attempts: number, caution: string) {
    super(
      `${place.method} ${place.path} on ${place.baseUrl}: no progress for ${timeoutMs / 1000} s${inAttempts(attempts)}.`,
      "Try again, or allow more time (requestTimeoutMs).",
      caution,
    );
    this.method = place.method;
    this.path = place.path;
    this.timeoutMs = timeoutMs;
  }
}

/**
 * The server answered with something that is not the API's: a web page, broken JSON, or JSON without a field that
 * has to be there. The usual cause is a base URL that points elsewhere, or a proxy that answers in the API's place.
 */
export class InvalidResponseError extends MistralError {
  readonly method: string;
  readonly path: string;
  /** Status of the reply. */
  readonly status: number;
  /** The field that is missing or of the wrong type, such as `data[3].status`. */
  readonly field: string | undefined;
  readonly requestId: string | undefined;

  constructor(
    place: RequestPlace,
    reply: { status: number; requestId?: string | undefined; field?: string | undefined },
    problem: string,
  ) {
    const id = reply.requestId === undefined ? "" : ` (request id ${reply.requestId})`;
    super(
      `${place.method} ${place.path} on ${place.baseUrl}: ${problem}${id}. Check that ${place.baseUrl} is the address of the Mistral API or of a server that speaks it, and that no proxy answers in its place.`,
    );
    this.method = place.method;
    this.path = place.path;
    this.status = reply.status;
    this.field = reply.field;
    this.requestId = reply.requestId;
  }
}

/** `waitUntilComplete` ran out of time. Only the waiting ended: the job goes on. */
export class WaitTimeoutError extends MistralError {
  readonly jobId: string;
  /** The status seen last; undefined when no poll was answered. */
  readonly status: string | undefined;

  constructor(jobId: string, status: string | undefined, timeoutMs: number) {
    super(
      `Job ${jobId} did not finish within ${timeoutMs / 1000} s${status === undefined ? "" : ` (last status ${status})`}. It was not cancelled and goes on at the server; wait for the same id again.`,
    );
    this.jobId = jobId;
    this.status = status;
  }
}

/** The file to upload cannot be read: it is missing, a directory, or not permitted. Nothing was uploaded. */
export class FileUnreadableError extends MistralError {
  readonly file: string;

  constructor(file: string, problem: string) {
    super(`Cannot read ${file}: ${problem}.`);
    this.file = file;
  }
}

/** The file changed while it was being uploaded, or is not the one that was expected. The server did not keep it. */
export class FileChangedError extends MistralError {
  readonly file: string;
  /** What happened to it, in words. */
  readonly problem: string;

  constructor(file: string, problem: string) {
    super(
      `${file} ${problem}. The upload was broken off, and no part of it is used.`,
      "Retry once nothing is writing to the file.",
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
