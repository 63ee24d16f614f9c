import { isLoopbackHost } from "#common";
import { InvalidBaseUrlError } from "../errors/errors";

/** Mistral's own service. */
export const DEFAULT_BASE_URL = "https://api.mistral.ai";

/**
 * The base URL in the one form that the rest of the package uses: scheme, host, an optional prefix of a gateway, no
 * trailing slash and no `/v1` (every path of the client begins with it). State records this form, so that
 * `https://api.mistral.ai`, `https://API.mistral.ai/` and `https://api.mistral.ai/v1` compare as equal.
 *
 * @throws {InvalidBaseUrlError} not http(s), or with credentials, a query, a fragment, or the path of an endpoint.
 * @example
 * normaliseBaseUrl("http://localhost:8080/v1/"); // "http://localhost:8080"
 */
export function normaliseBaseUrl(text: string): string {
  const url = parse(text.trim());
  // The text itself is not repeated where it may hold a password or a token.
  if (url.username !== "" || url.password !== "") {
    throw new InvalidBaseUrlError(
      `The base URL for ${url.host} holds a user name or a password.`,
      "Leave them out of it, and set the client's option apiKey.",
      true,
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new InvalidBaseUrlError(
      `The base URL ${url.origin}${url.pathname} is followed by a query or a fragment ("?" or "#").`,
      "Leave that out.",
    );
  }
  const prefix = url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "").replace(/\/+$/, "");
  if (/\/v1(\/|$)|\/\/|%2f|%2e/i.test(prefix)) {
    throw new InvalidBaseUrlError(
      `The base URL ${url.origin}${url.pathname} has the path of an endpoint.`,
      `Give the server's address alone, such as ${url.origin}.`,
    );
  }
  return url.origin + prefix;
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    return url;
  }
  // "localhost:8080" parses as a URL with the scheme "localhost:", and "user:secret@host" as one with "user:".
  // Only what is plainly a host is repeated: a key that was put into the wrong field must not be printed.
  const looksLikeHost = /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d+)?(\/[\w./-]*)?$/i.test(text);
  if (looksLikeHost) {
    throw new InvalidBaseUrlError(
      `The base URL "${text}" has no scheme.`,
      `Write "https://${text}", or "http://${text}" for a server on this machine.`,
    );
  }
  throw new InvalidBaseUrlError(
    "The base URL is not an http or https URL.",
    "Write it like https://api.mistral.ai or http://127.0.0.1:8080.",
  );
}

/** Whether the URL's host is this machine, where a server without a key is usual and nothing leaves the machine. */
export function isLoopbackUrl(baseUrl: string): boolean {
  // The URL parser writes every form of an address in the same way: 127.1 is 127.0.0.1 here.
  return isLoopbackHost(new URL(baseUrl).hostname);
}
