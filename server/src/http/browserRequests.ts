import type { FastifyRequest } from "fastify";
import { isLoopbackHost } from "#common";
import { ForbiddenError } from "./errors";

/**
 * Keeps web pages out of a server that asks for no key. A page of any site can send requests to this machine, with an
 * `Origin`; and a site whose name is made to point here (DNS rebinding) can read the answers, but sends its own `Host`.
 *
 * @throws {ForbiddenError} when a request may come from a web page
 */
export function rejectBrowserRequests({ headers, hostname }: FastifyRequest): void {
  if (headers.origin !== undefined) {
    throw new ForbiddenError("This server has no API keys, and so answers no web page; start it with keys");
  }
  if (!isLoopbackHost(hostname)) {
    throw new ForbiddenError(
      "This server has no API keys, and so answers only to localhost or a loopback address as its host; start it with keys",
    );
  }
}
