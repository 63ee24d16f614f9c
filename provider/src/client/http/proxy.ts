import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { InvalidArgumentError } from "../errors/errors";
import { isLoopbackUrl } from "./baseUrl";

/** A proxy that the environment asks for. */
export interface HttpProxy {
  /** With its user name and password. */
  url: URL;
  /** Scheme, host and port alone, for messages. */
  name: string;
}

/** got's option `agent`; not got's type, which is ESM and does not compile in every project that reads this package's types. */
export interface Agents {
  http?: HttpAgent | false;
  https?: HttpsAgent | false;
}

/** How the connections of a request are made. */
export interface AgentOptions {
  /** A connection of its own, which no other request has used or will use. */
  fresh?: boolean;
  /** Milliseconds that the proxy may take to connect. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * got's option `agent` for a URL: through the proxy that the environment names for it (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY,
 * NO_PROXY, also in lower case), otherwise Node's own. Read for each request, as each program's own proxy settings are.
 */
export function agentsFor(
  url: URL,
  { fresh = false, timeoutMs = DEFAULT_TIMEOUT_MS }: AgentOptions = {},
): { agent?: Agents } {
  const proxy = proxyFor(url);
  if (!proxy) return fresh ? { agent: { http: false, https: false } } : {};
  const { proxyAgents } = require("./proxyAgents") as typeof import("./proxyAgents");
  return { agent: proxyAgents(proxy, fresh, timeoutMs) };
}

/**
 * The proxy for a URL, if there is one. A server on this machine is reached without: the proxy could not find it.
 *
 * @throws {InvalidArgumentError} the variable holds no URL of an HTTP proxy; names it, without its value.
 */
export function proxyFor(url: URL): HttpProxy | undefined {
  const scheme = url.protocol.slice(0, -1);
  const variable = [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase(), "all_proxy", "ALL_PROXY"].find(
    (name) => process.env[name],
  );
  if (variable === undefined || isLoopbackUrl(url.href)) return undefined;
  // Loaded where a proxy is set: most programs never need it.
  const { getProxyForUrl } = require("proxy-from-env") as typeof import("proxy-from-env");
  const text = getProxyForUrl(url.href);
  if (text === "") return undefined;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol !== "http:" && proxy?.protocol !== "https:") {
    throw new InvalidArgumentError(
      `${variable}: expected the URL of an HTTP proxy, such as http://proxy.example:3128. It is needed for ${url.origin}; NO_PROXY names the hosts that are reached without.`,
    );
  }
  return { url: proxy, name: proxy.origin };
}

/** The proxy could not be reached, or did not connect to the server. */
export class ProxyFailure extends Error {
  constructor(
    readonly proxy: HttpProxy,
    /** The system's code, or `ERR_PROXY_<status>` of what the proxy answered. */
    readonly code: string,
    message = code,
  ) {
    super(message);
  }
}
