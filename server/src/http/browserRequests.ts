import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "#common";
import { ApiError } from "./errors";

/**
 * Protects a server without API keys from foreign web pages. Any page can send cross-origin requests to this machine: these
 * have the page's `Origin`. A site that uses DNS rebinding can also read the responses: its requests have its own `Host`
 * header. Requests of the server's own page have the same loopback address in both headers.
 *
 * @throws {ApiError} 403 when the request may come from a foreign web page
 */
export function rejectBrowserRequests({ headers, hostname }: FastifyRequest): void {
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    throw new ApiError(
      403,
      "A server without API keys rejects requests of other web pages, which have another Origin; start the server with --keys-file",
    );
  }
  if (!isLoopbackHost(hostname)) {
    throw new ApiError(
      403,
      "A server without API keys accepts only localhost or a loopback address as Host; start the server with --keys-file",
    );
  }
}
