import { validateHeaderName, validateHeaderValue } from "node:http";
import { InvalidApiKeyError, InvalidArgumentError } from "./errors/errors";

/** Options of a client. */
export interface ClientOptions {
  /** API key, sent as a bearer token. Optional for a server on this machine. The client does not read environment variables. */
  apiKey?: string | undefined;
  /** Base URL of the API; default `https://api.mistral.ai`. A trailing slash or `/v1` is removed. */
  baseUrl?: string | undefined;
  /** Maximum number of retries of an idempotent request; default 4. 0 disables retries. */
  maxRetries?: number | undefined;
  /**
   * Milliseconds without progress after which one attempt times out: in the DNS lookup, the connection, the TLS handshake, and
   * between two chunks sent or received; default 60 000. A long upload that makes progress does not time out, but a reply must be
   * complete within five times this time.
   */
  requestTimeoutMs?: number | undefined;
  /**
   * The workspace of the objects to access, if known. A `mistral-fine-tuning-server` answers 404 for an object of another
   * workspace. With this option, that is a `WorkspaceMismatchError` instead of a `NotFoundError`.
   */
  workspace?: string | undefined;
  /** Additional headers of every request, for example for a gateway. */
  headers?: Record<string, string> | undefined;
}

/** Options of one call. They override the client's options. */
export interface RequestOptions {
  /** Aborts the call with an `AbortedError`, also during the backoff before a retry. */
  signal?: AbortSignal | undefined;
  /** As in `ClientOptions`. */
  maxRetries?: number | undefined;
  /** Milliseconds without progress in one attempt, like `requestTimeoutMs` in `ClientOptions`. */
  timeoutMs?: number | undefined;
  /** Additional headers of this call. */
  headers?: Record<string, string> | undefined;
}

/** @throws {InvalidArgumentError} a count or a duration is out of range */
export function checkLimits(options: { maxRetries?: number | undefined; timeoutMs?: number | undefined }): void {
  const { maxRetries, timeoutMs } = options;
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0)) {
    throw new InvalidArgumentError(`maxRetries must be a whole number, 0 or greater, not ${maxRetries}.`);
  }
  // Node's timers overflow above 2^31 - 1 ms and then fire immediately.
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new InvalidArgumentError(`The request timeout must be between 1 and ${2 ** 31 - 1} ms, not ${timeoutMs}.`);
  }
}

/**
 * @returns undefined for a missing or empty key
 * @throws {InvalidApiKeyError} an HTTP header cannot contain the key; the message names the character's kind, never the key
 */
export function checkApiKey(apiKey: string | undefined): string | undefined {
  if (apiKey === undefined || apiKey === "") {
    return undefined;
  }
  const position = apiKey.search(/[^\x21-\x7e]/);
  if (position >= 0) {
    const code = apiKey.charCodeAt(position);
    const what =
      code === 10 || code === 13 ? "a line break" : code === 32 || code === 9 ? "a space" : "a character outside ASCII";
    throw new InvalidApiKeyError(
      `The API key contains ${what} at position ${position + 1} of ${apiKey.length}, which an HTTP header cannot contain. This character was probably copied by accident. Set the key again without this character.`,
    );
  }
  return apiKey;
}

/** @throws {InvalidArgumentError} a header is invalid; the message names the header, without its value */
export function checkHeaders(headers: Record<string, string> = {}): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new InvalidArgumentError(
        `The header ${JSON.stringify(name)} is invalid: HTTP does not allow its name or value.`,
      );
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
