import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "#common";
import { ApiError } from "./errors";

/**
 * Protects a server without API keys from web pages. Any page can send cross-origin requests to this machine: these
 * have an `Origin` header. A site that uses DNS rebinding can also read the responses: its requests have its own `Host`
 * header.
 *
 * @throws {ApiError} 403 when the request may come from a web page
 */
export function rejectBrowserRequests({ headers, hostname }: FastifyRequest): void {
  if (headers.origin !== undefined) {
    throw new ApiError(
      403,
      "A server without API keys rejects requests with an Origin header; start the server with --keys-file",
    );
  }
  if (!isLoopbackHost(hostname)) {
    throw new ApiError(
      403,
      "A server without API keys accepts only localhost or a loopback address as Host; start the server with --keys-file",
    );
  }
}
