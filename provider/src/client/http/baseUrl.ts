import { isLoopbackHost } from "#common";
import { InvalidBaseUrlError } from "../errors/errors";

/** Mistral's hosted service. */
export const DEFAULT_BASE_URL = "https://api.mistral.ai";

/**
 * Normalises a base URL to scheme, host and an optional path prefix of a gateway, without a trailing slash and without `/v1`, which
 * every path of the client starts with. The state records this form, so `https://api.mistral.ai`, `https://API.mistral.ai/` and
 * `https://api.mistral.ai/v1` compare as equal.
 *
 * @throws {InvalidBaseUrlError} the URL is not http(s), or contains credentials, a query, a fragment, or the path of an endpoint
 * @example
 * normaliseBaseUrl("http://localhost:8080/v1/"); // "http://localhost:8080"
 */
export function normaliseBaseUrl(text: string): string {
  const url = parse(text.trim());
  // Do not repeat the text in messages where it may contain a password or a token.
  if (url.username !== "" || url.password !== "") {
    throw new InvalidBaseUrlError(
      `The base URL for ${url.host} contains a user name or a password.`,
      "Remove them from the URL, and set the client option apiKey.",
      true,
    );
  }
  if (url.search !== "" || url.hash !== "") {
    throw new InvalidBaseUrlError(
      `The base URL ${url.origin}${url.pathname} has a query or a fragment ("?" or "#").`,
      "Remove the query and the fragment.",
    );
  }
  const prefix = withoutFinalSlashes(withoutFinalSlashes(url.pathname).replace(/\/v1$/, ""));
  if (/\/v1(\/|$)|\/\/|%2f|%2e/i.test(prefix)) {
    throw new InvalidBaseUrlError(
      `The base URL ${url.origin}${url.pathname} contains the path of an endpoint.`,
      `Set only the server's address, such as ${url.origin}.`,
    );
  }
  return url.origin + prefix;
}

/** Not with `/\/+$/`, which takes quadratic time. */
function withoutFinalSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end--;
  return path.slice(0, end);
}

function parse(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    return url;
  }
  // "localhost:8080" parses as a URL with the scheme "localhost:", and "user:secret@host" as one with "user:".
  // Repeat the text only if it is clearly a host: a key entered in the wrong field must not be printed.
  const looksLikeHost = /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d+)?(\/[\w./-]*)?$/i.test(text);
  if (looksLikeHost) {
    throw new InvalidBaseUrlError(
      `The base URL "${text}" has no scheme.`,
      `Set "https://${text}", or "http://${text}" for a server on this machine.`,
    );
  }
  throw new InvalidBaseUrlError(
    "The base URL is not an http or https URL.",
    "Set a URL such as https://api.mistral.ai or http://127.0.0.1:8080.",
  );
}

/** Whether the URL's host is a loopback address. Such a server may need no key, and requests do not leave the machine. */
export function isLoopbackUrl(baseUrl: string): boolean {
  // The URL parser normalises addresses: 127.1 becomes 127.0.0.1.
  return isLoopbackHost(new URL(baseUrl).hostname);
}
