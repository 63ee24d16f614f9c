import type { Agent as HttpAgent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { InvalidArgumentError } from "../errors/errors";
import { isLoopbackUrl } from "./baseUrl";

/** A proxy configured in the environment. */
export interface HttpProxy {
  /** Includes the user name and password. */
  url: URL;
  /** Scheme, host and port only, for messages. */
  name: string;
}

/** got's option `agent`. Not got's type: it is ESM and does not compile in every project that uses this package's types. */
export interface Agents {
  http?: HttpAgent | false;
  https?: HttpsAgent | false;
}

/** Connection options of a request. */
export interface AgentOptions {
  /** Use a new connection that no other request shares. */
  fresh?: boolean;
  /** Timeout for connecting through the proxy, in milliseconds. */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Returns got's option `agent` for a URL: agents for the proxy that the environment configures (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY,
 * NO_PROXY, also in lower case), or Node's default agents. Reads the environment on each request.
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
 * Returns the proxy for a URL, or undefined when there is none. Loopback URLs never use a proxy, which could not reach them.
 *
 * @throws {InvalidArgumentError} the variable is not the URL of an HTTP proxy; the message omits its value
 */
export function proxyFor(url: URL): HttpProxy | undefined {
  const scheme = url.protocol.slice(0, -1);
  const variable = [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase(), "all_proxy", "ALL_PROXY"].find(
    (name) => process.env[name],
  );
  if (variable === undefined || isLoopbackUrl(url.href)) return undefined;
  // Loaded only when a proxy is set, because most programs need none.
  const { getProxyForUrl } = require("proxy-from-env") as typeof import("proxy-from-env");
  const text = getProxyForUrl(url.href);
  if (text === "") return undefined;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol !== "http:" && proxy?.protocol !== "https:") {
    throw new InvalidArgumentError(
      `${variable}: expected the URL of an HTTP proxy, such as http://proxy.example:3128. The proxy applies to ${url.origin}; list hosts that need no proxy in NO_PROXY.`,
    );
  }
  return { url: proxy, name: proxy.origin };
}

/** The proxy is unreachable, or refused to connect to the server. */
export class ProxyFailure extends Error {
  constructor(
    readonly proxy: HttpProxy,
    /** The system's error code, or `ERR_PROXY_<status>` with the status of the proxy's reply. */
    readonly code: string,
    message = code,
  ) {
    super(message);
  }
}
