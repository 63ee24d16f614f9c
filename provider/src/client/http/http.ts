import { Readable } from "node:stream";
import type { CancelableRequest, Got, Request as GotStream, OptionsInit, Response } from "got";
import { MEBIBYTE, redact, visibleText } from "#common";
import { ConnectionError } from "../errors/connectionError";
import {
  AbortedError,
  InvalidResponseError,
  MissingApiKeyError,
  type RequestPlace,
  RequestTimeoutError,
} from "../errors/errors";
import { type ClientOptions, checkApiKey, checkHeaders, checkLimits, type RequestOptions } from "../options";
import { DEFAULT_BASE_URL, isLoopbackUrl, normaliseBaseUrl } from "./baseUrl";
import { gotWith, isTotalTimeout, loadGot, timeoutsOf, totalTimeout } from "./got";
import { agentsFor, ProxyFailure, proxyFor } from "./proxy";
import { ACCEPTED_ENCODINGS, bodyOf, MAX_REPLY_BYTES, ReplyTooLarge, ReplyTooSlow, receive } from "./receive";
import { errorOf, type Reply, type ReplySchema, readReply, redirected } from "./reply";
import { DEFAULT_MAX_RETRIES } from "./retry";
import { recordWorkspace, workspaceIn } from "./workspace";

const DEFAULT_TIMEOUT_MS = 60_000;

/** A request to the API. */
export interface ApiRequest {
  // Not got's type: got's types are ESM and do not compile in every project that uses this package's types.
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Encoded path, starting with `/v1`. */
  path: string;
  /** Query string with `?`, or empty. */
  query?: string;
  /** JSON body. */
  json?: unknown;
  /** Any other body. A stream can only be sent once. Its next chunk is requested after the previous one was passed on. */
  body?: { content: AsyncIterable<Uint8Array> | string; headers: Record<string, string> };
  /** Whether the request is idempotent. Only idempotent requests are retried. */
  repeatable: boolean;
  /** Secrets in the body, redacted in error messages. */
  secrets?: readonly string[];
}

/**
 * Sends requests through got, retries them when that is safe, and converts every failure into one of the client's errors. got's
 * errors contain the request's headers, so none may leave this file.
 */
export class Http {
  readonly baseUrl: string;
  private readonly timeoutMs: number;
  private readonly workspace: string | undefined;
  // Functions, because printing a client or converting it to JSON shows the values of private fields.
  private readonly credentials: () => { apiKey: string | undefined; headers: Record<string, string> };
  private readonly got: () => Got;

  constructor(options: ClientOptions) {
    checkLimits({ maxRetries: options.maxRetries, timeoutMs: options.requestTimeoutMs });
    this.baseUrl = normaliseBaseUrl(options.baseUrl ?? DEFAULT_BASE_URL);
    this.timeoutMs = options.requestTimeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.workspace = options.workspace;
    const apiKey = checkApiKey(options.apiKey);
    const headers = checkHeaders(options.headers);
    this.credentials = () => ({ apiKey, headers });
    const allHeaders = { ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), ...headers };
    let got: Got | undefined;
    this.got = () => {
      got ??= gotWith(allHeaders, this.timeoutMs, options.maxRetries ?? DEFAULT_MAX_RETRIES);
      return got;
    };
  }

  /** @throws {MissingApiKeyError} no key is set, and the server is not on this machine */
  assertKey(): void {
    if (this.credentials().apiKey === undefined && !isLoopbackUrl(this.baseUrl)) {
      throw new MissingApiKeyError(this.baseUrl);
    }
  }

  /** Sends the request and returns the reply's JSON, validated against the schema. */
  async json<T>(schema: ReplySchema<T>, request: ApiRequest, options: RequestOptions = {}): Promise<T> {
    const timeoutMs = options.timeoutMs ?? this.timeoutMs;
    const prepared = this.prepare(request, options);
    let reply: Reply;
    try {
      const call = prepared.got(prepared.url, {
        ...prepared.options,
        decompress: false,
        headers: { ...prepared.options.headers, "accept-encoding": ACCEPTED_ENCODINGS },
        timeout: { ...timeoutsOf(timeoutMs), ...(request.body === undefined && { request: totalTimeout(timeoutMs) }) },
      }) as CancelableRequest<Response<string>>;
      const response = await receive(call, request.body && totalTimeout(timeoutMs));
      reply = this.replyOf(response, await bodyOf(response), request, options);
    } catch (error) {
      throw await this.translate(error, request, options);
    }
    const value = readReply(schema, reply, this.place(request));
    recordWorkspace(value, workspaceIn(reply.headers));
    return value;
  }

  /** Sends the request and returns the reply's body as a stream, once the headers have arrived. */
  async stream(request: ApiRequest, options: RequestOptions = {}): Promise<Readable> {
    const prepared = this.prepare(request, options);
    const translate = (error: unknown) => this.translate(error, request, options);
    const source = await new Promise<GotStream>((resolve, reject) => {
      const listen = (attempt: GotStream): void => {
        attempt.once("retry", (_count, _error, createRetryStream) => listen(createRetryStream()));
        attempt.on("error", (error) => void translate(error).then(reject));
        attempt.once("response", (response: Response) => {
          // The caller receives bytes from now on, so a failure must reach the caller instead of being retried.
          attempt.removeAllListeners("retry");
          if (response.statusCode >= 300) {
            attempt.destroy();
            reject(redirected(this.replyOf(response, "", request, options), this.place(request)));
          } else {
            resolve(attempt);
          }
        });
      };
      listen(prepared.got.stream(prepared.url, { ...prepared.options, isStream: true }));
    });
    // Do not expose got's stream and errors, which contain the request's headers.
    const content = Readable.from(translateErrors(source, translate), { objectMode: false });
    content.once("close", () => source.destroy());
    return content;
  }

  private place(request: ApiRequest): RequestPlace {
    return { method: request.method, path: decodeURIComponent(request.path), baseUrl: this.baseUrl };
  }

  /** Returns the got options that are specific to this request. */
  private prepare(request: ApiRequest, options: RequestOptions): { got: Got; url: URL; options: OptionsInit } {
    this.assertKey();
    checkLimits(options);
    const { timeoutMs, maxRetries, signal } = options;
    const { body, json, repeatable } = request;
    const url = new URL(this.baseUrl + request.path + (request.query ?? ""));
    return {
      got: this.got(),
      url,
      options: {
        method: request.method,
        ...((options.headers || body) && { headers: { ...checkHeaders(options.headers), ...body?.headers } }),
        ...(json !== undefined && { json }),
        ...(body && { body: body.content }),
        ...(signal && { signal }),
        ...(timeoutMs !== undefined && { timeout: { ...timeoutsOf(timeoutMs), response: totalTimeout(timeoutMs) } }),
        // The server may close a pooled connection at the moment it is reused. A request that cannot be retried must not fail
        // because of that, so it gets a new connection.
        ...agentsFor(url, { fresh: !repeatable, timeoutMs: timeoutMs ?? this.timeoutMs }),
        ...(repeatable ? maxRetries !== undefined && { retry: { limit: maxRetries } } : { retry: { limit: 0 } }),
      },
    };
  }

  private replyOf(response: Response, body: string, request: ApiRequest, options: RequestOptions): Reply {
    return {
      status: response.statusCode,
      headers: response.headers,
      body,
      redact: (text) => redact(visibleText(text), this.secrets(request, options)),
    };
  }

  private secrets(request: ApiRequest, options: RequestOptions): string[] {
    const { apiKey, headers } = this.credentials();
    return [
      ...(apiKey === undefined ? [] : [apiKey]),
      ...Object.values(headers),
      ...Object.values(options.headers ?? {}),
      ...(request.secrets ?? []),
    ];
  }

  private async translate(error: unknown, request: ApiRequest, options: RequestOptions): Promise<Error> {
    const { HTTPError, RequestError, TimeoutError } = loadGot();
    const place = this.place(request);
    if (options.signal?.aborted) {
      return new AbortedError(`${place.method} ${place.path} on ${place.baseUrl} was aborted by its signal.`);
    }
    if (error instanceof ReplyTooLarge) return tooLarge(place, 200);
    if (error instanceof ReplyTooSlow) return this.totalTimeoutError(1, request, options);
    if (!(error instanceof RequestError)) {
      return new ConnectionError(place, "ERR_UNKNOWN", redact(String(error), this.secrets(request, options)), 1, "");
    }
    const attempts = (error.request?.retryCount ?? 0) + 1;
    const caution = cautionFor(request);
    // Only a proxy answers 407, to CONNECT or to a forwarded http request.
    const refusing = error instanceof HTTPError && error.response.statusCode === 407 && proxyFor(new URL(this.baseUrl));
    const failure = refusing ? new ProxyFailure(refusing, "ERR_PROXY_407") : error.cause;
    if (failure instanceof ProxyFailure) {
      const detail = redact(failure.message, this.secrets(request, options));
      return new ConnectionError(place, failure.code, detail, attempts, "", failure.proxy);
    }
    if (error instanceof HTTPError) {
      const body = await bodyOf(error.response).catch(() => undefined);
      if (body === undefined) return tooLarge(place, error.response.statusCode);
      return errorOf(this.replyOf(error.response, body, request, options), place, attempts, this.workspace);
    }
    if (isTotalTimeout(error)) {
      return this.totalTimeoutError(attempts, request, options);
    }
    if (error instanceof TimeoutError) {
      return new RequestTimeoutError(place, options.timeoutMs ?? this.timeoutMs, attempts, caution);
    }
    const detail = redact(error.message, this.secrets(request, options));
    return new ConnectionError(place, error.code, detail, attempts, caution);
  }

  private totalTimeoutError(attempts: number, request: ApiRequest, options: RequestOptions): RequestTimeoutError {
    const timeoutMs = options.timeoutMs ?? this.timeoutMs;
    const problem = `no complete reply within ${totalTimeout(timeoutMs) / 1000} s`;
    return new RequestTimeoutError(this.place(request), timeoutMs, attempts, cautionFor(request), problem);
  }
}

const cautionFor = ({ repeatable }: ApiRequest) =>
  repeatable
    ? ""
    : "The request was not retried, because the server may have received it. Before you repeat the request, check whether the first one took effect on the server.";

const tooLarge = (place: RequestPlace, status: number) =>
  new InvalidResponseError(place, { status }, `the reply is larger than ${MAX_REPLY_BYTES / MEBIBYTE} MiB`);

async function* translateErrors(
  source: GotStream,
  translate: (error: unknown) => Promise<Error>,
): AsyncGenerator<Buffer> {
  try {
    yield* source as AsyncIterable<Buffer>;
  } catch (error) {
    throw await translate(error);
  }
}
