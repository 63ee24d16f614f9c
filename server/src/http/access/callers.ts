import type { FastifyRequest } from "fastify";
import type { Caller } from "../../domain/caller";
import type { SessionStore } from "../../store/sessions";
import type { Keys } from "../auth";
import { ApiError } from "../errors";
import { originOf } from "./requestOrigin";
import type { SessionCookie } from "./sessionCookie";

/** The session that a request belongs to. */
export interface CallerSession {
  caller: Caller;
  token: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/**
 * Decides who sends a request: the holder of the API key in its `Authorization` header, or of the session in its cookie. A
 * request with a key never uses the cookie. Proxies with a login of their own add other `Authorization` headers, for example
 * `Basic`, which change nothing.
 */
export class Callers {
  constructor(
    private readonly keys: Keys,
    private readonly sessions: SessionStore,
    private readonly cookie: SessionCookie,
    private readonly publicUrl: string | undefined,
  ) {}

  /**
   * @throws {ApiError} 401 when keys are required and the request has neither a valid key nor a session; 403 when it has a
   * session's cookie but may come from another web page
   */
  authenticate(request: FastifyRequest): Caller {
    const session = this.session(request);
    if (session !== undefined) return session.caller;
    if (!hasKey(request) && this.token(request) !== undefined) {
      throw new ApiError(401, "The session has ended; log in again");
    }
    return this.keys.authenticate(request.headers.authorization);
  }

  /** Returns the caller of a request; undefined when `authenticate` would throw. */
  identify(request: FastifyRequest): Caller | undefined {
    try {
      return this.authenticate(request);
    } catch {
      return undefined;
    }
  }

  /**
   * Returns the session of a request; undefined when it has a key, no `token`, or the session has ended, also because its
   * key was removed.
   *
   * @throws {ApiError} 401 and 403 like `token`
   */
  session(request: FastifyRequest): CallerSession | undefined {
    if (hasKey(request)) return undefined;
    const token = this.token(request);
    if (token === undefined) return undefined;
    const session = this.sessions.find(token);
    const caller = session && this.keys.callerOf(session.owner);
    if (session === undefined) return undefined;
    if (caller === undefined) {
      // All of them, also if the key returns to the keys file later. This needs a request while the key is missing:
      // without one, the sessions continue when the key returns.
      this.sessions.endOf(session.owner);
      return undefined;
    }
    return { caller, token, expiresAt: session.expiresAt };
  }

  /**
   * Returns the token in a request's cookie, also when its session has ended. Returns undefined when the request has no
   * cookie, or when another web page reads with it.
   *
   * @throws {ApiError} 401 when the request has two such cookies; 403 when a request that changes something does not certainly come from the server's own page
   */
  token(request: FastifyRequest): string | undefined {
    if (!this.keys.required || !acceptsSession(request)) return undefined;
    const token = this.cookie.read(request);
    if (token === undefined) return undefined;
    const origin = originOf(request, this.publicUrl);
    if (request.method === "GET" || request.method === "HEAD") {
      return origin === "foreign" ? undefined : token;
    }
    if (origin !== "own") {
      throw new ApiError(
        403,
        "This request may come from another web page; send it from the server's page, or with an API key",
      );
    }
    return token;
  }
}

/** Whether a request has an API key, which may be invalid. */
export function hasKey({ headers }: FastifyRequest): boolean {
  return /^Bearer(\s|$)/i.test(headers.authorization ?? "");
}

/** The page needs the API and its own session, but no metrics. */
function acceptsSession({ routeOptions: { url = "" } }: FastifyRequest): boolean {
  return url === "/session" || url.startsWith("/v1/");
}
