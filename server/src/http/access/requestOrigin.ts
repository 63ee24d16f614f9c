import type { FastifyRequest } from "fastify";

/**
 * Where a request comes from, as the browser says. `own`: the server's own page. `foreign`: another web page. `unknown`: no
 * browser, or a browser that says nothing, for example about a link in the address bar.
 */
export type RequestOrigin = "own" | "foreign" | "unknown";

/**
 * Web pages cannot change the headers `Sec-Fetch-Site` and `Origin`. Browsers send `Sec-Fetch-Site` to https and loopback
 * addresses only, and `Origin` with every request that changes something.
 *
 * @param publicUrl the URL at which browsers reach the server through a proxy, which may change the `Host`
 */
export function originOf({ headers, protocol, host }: FastifyRequest, publicUrl: string | undefined): RequestOrigin {
  const { "sec-fetch-site": site, origin } = headers;
  if (site !== undefined) {
    if (site === "none") return "unknown";
    return site === "same-origin" ? "own" : "foreign";
  }
  if (origin === undefined) return "unknown";
  const isOwn = origin === `${protocol}://${host}` || (publicUrl !== undefined && origin === new URL(publicUrl).origin);
  return isOwn ? "own" : "foreign";
}
