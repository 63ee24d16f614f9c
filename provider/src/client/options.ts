import { validateHeaderName, validateHeaderValue } from "node:http";
import { InvalidApiKeyError, InvalidArgumentError } from "./errors/errors";

/** Options of a client. */
export interface ClientOptions {
  /** API key, sent as a bearer token. Not needed for a server on this machine. The client reads no environment. */
  apiKey?: string | undefined;
  /** Address of the API; default `https://api.mistral.ai`. A trailing slash or `/v1` is dropped. */
  baseUrl?: string | undefined;
  /** How often a request that is safe to repeat is repeated; default 4, none with 0. */
  maxRetries?: number | undefined;
  /**
   * Milliseconds that one attempt may go without progress: looking up the name, connecting, TLS, and between any two
   * pieces sent or received; default 60 000. A long upload that moves does not time out.
   */
  requestTimeoutMs?: number | undefined;
  /** More headers for every request, such as one that a gateway asks for. */
  headers?: Record<string, string> | undefined;
}

/** Options of one call, over the client's. */
export interface RequestOptions {
  /** Ends the call with an `AbortedError`, in a pause before a retry too. */
  signal?: AbortSignal | undefined;
  /** As in `ClientOptions`. */
  maxRetries?: number | undefined;
  /** As `requestTimeoutMs` in `ClientOptions`: milliseconds without progress in one attempt. */
  timeoutMs?: number | undefined;
  /** More headers for this call. */
  headers?: Record<string, string> | undefined;
}

/** @throws {InvalidArgumentError} a count or a duration that cannot be meant. */
export function checkLimits(options: { maxRetries?: number | undefined; timeoutMs?: number | undefined }): void {
  const { maxRetries, timeoutMs } = options;
  if (maxRetries !== undefined && !(Number.isInteger(maxRetries) && maxRetries >= 0)) {
    throw new InvalidArgumentError(`maxRetries must be a whole number from 0, not ${maxRetries}.`);
  }
  // Node's timers overflow past 2^31 - 1 ms, and then fire at once.
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new InvalidArgumentError(`The request timeout must be between 1 and ${2 ** 31 - 1} ms, not ${timeoutMs}.`);
  }
}

/**
 * @returns undefined for a missing or empty key.
 * @throws {InvalidApiKeyError} a key that no header can carry; the message says what is wrong, never the key.
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
      `The API key has ${what} at position ${position + 1} of ${apiKey.length}, which no HTTP header can carry. Most often it was copied along: set the key again without it.`,
    );
  }
  return apiKey;
}

/** @throws {InvalidArgumentError} a header that cannot be sent; names it, without its value. */
export function checkHeaders(headers: Record<string, string> = {}): Record<string, string> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new InvalidArgumentError(
        `The header ${JSON.stringify(name)} cannot be sent: its name or value is not allowed.`,
      );
    }
    checked[name.toLowerCase()] = value;
  }
  return checked;
}
