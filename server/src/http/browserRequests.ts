import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "#common";
import { ApiError } from "./errors";

/**
 * Protects a server without API keys from foreign web pages. Any page can send cross-origin requests to this machine: these
 * have the page's `Origin` or, where browsers omit it, a `Sec-Fetch-Site`: the page could measure how long a search takes.
 * Links to the server's page stay possible. A site that uses DNS rebinding can also read the responses: its requests have its own `Host`
 * header. Requests of the server's own page have the same loopback address in both headers.
 *
 * @throws {ApiError} 403 when the request may come from a foreign web page
 */
export function rejectBrowserRequests(request: FastifyRequest): void {
  const { headers, hostname } = request;
  const hasOtherOrigin = headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
  if (hasOtherOrigin || (isFromOtherPage(request) && !opensPage(request))) {
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

function isFromOtherPage({ headers }: FastifyRequest): boolean {
  return /^(cross|same)-site$/.test(String(headers["sec-fetch-site"] ?? ""));
}

/** Whether a link leads to one of the page's views, which contain no data. */
function opensPage({ method, headers, routeOptions }: FastifyRequest): boolean {
  return method === "GET" && headers["sec-fetch-mode"] === "navigate" && routeOptions.config?.isPage === true;
}
