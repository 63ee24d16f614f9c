import type { FastifyRequest } from "fastify";
import { UsageError } from "../domain/errors";

/**
 * Checks and normalizes the URL at which clients reach the server.
 *
 * @returns the URL without a trailing slash
 * @throws {UsageError} when the text is not an http(s) URL, or has credentials, a query or a fragment
 */
export function parsePublicUrl(text: string): string {
  const invalid = (reason: string) =>
    new UsageError(
      `--public-url ${reason}; pass the URL at which clients reach this server, such as https://example.com`,
    );
  // Without the slashes, `https:example.com` would be accepted, too.
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw invalid("is not an http:// or https:// URL");
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw invalid("must not contain credentials");
  }
  if (/[?#]/.test(text)) {
    throw invalid("must not contain a query or a fragment");
  }
  return url.href.replace(/\/+$/, "");
}

/** Returns the path below which browsers reach the server, with a slash at both ends. */
export function basePathOf(publicUrl: string | undefined): string {
  return publicUrl === undefined ? "/" : new URL(`${publicUrl}/`).pathname;
}

/** Returns the base URL of the links in a reply: the public URL, or the one that the client has used. */
export function baseUrlOf(request: FastifyRequest, publicUrl: string | undefined): string {
  return publicUrl ?? `${request.protocol}://${request.host}`;
}
