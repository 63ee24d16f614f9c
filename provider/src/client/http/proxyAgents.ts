import type { Agent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { type Agents, type HttpProxy, ProxyFailure } from "./proxy";

const pooledAgents = new Map<string, Agents>();

/** Returns agents for a proxy: new agents for a fresh connection, otherwise pooled agents that keep connections alive. */
export function proxyAgents(proxy: HttpProxy, fresh: boolean, timeoutMs: number): Agents {
  if (fresh) return createAgents(proxy, false, timeoutMs);
  const key = `${timeoutMs} ${proxy.url.href}`;
  const agents = pooledAgents.get(key) ?? createAgents(proxy, true, timeoutMs);
  pooledAgents.set(key, agents);
  return agents;
}

function createAgents(proxy: HttpProxy, keepAlive: boolean, timeoutMs: number): Agents {
  return {
    http: new Forwarding(proxy, keepAlive, timeoutMs) as Agent,
    // The library has one class for both schemes.
    https: new Tunnelling(proxy, keepAlive, timeoutMs) as Agent as HttpsAgent,
  };
}

/** For http: the proxy receives the request and forwards it. */
class Forwarding extends HttpProxyAgent<string> {
  constructor(
    private readonly to: HttpProxy,
    keepAlive: boolean,
    private readonly timeoutMs: number,
  ) {
    super(to.url, { keepAlive });
  }

  override connect(...[request, options]: Parameters<HttpProxyAgent<string>["connect"]>) {
    const { _headerSent } = request as { _headerSent?: boolean };
    return connectWithinTimeout(this, this.to, this.timeoutMs, () => {
      const connecting = super.connect(request, options);
      // The library rebuilds the header, which resets `_headerSent`. Node would then write the header again after the body, as a
      // second request.
      Object.assign(request, { _headerSent });
      return connecting;
    });
  }
}

/** For https: the proxy opens a tunnel to the server and cannot read the traffic. */
class Tunnelling extends HttpsProxyAgent<string> {
  constructor(
    private readonly to: HttpProxy,
    keepAlive: boolean,
    private readonly timeoutMs: number,
  ) {
    super(to.url, { keepAlive });
  }

  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>["connect"]>) {
    let status = 200;
    request.once("proxyConnect", (reply: { statusCode: number }) => {
      status = reply.statusCode;
    });
    const socket = await connectWithinTimeout(this, this.to, this.timeoutMs, () => super.connect(request, options));
    // The library passes on the proxy's refusal as if it came from the server.
    if (status !== 200) throw new ProxyFailure(this.to, `ERR_PROXY_${status}`);
    return socket;
  }
}

/**
 * Connects through the proxy with a timeout. Throws `ProxyFailure` on every failure. The timeout is needed here: got's timeouts start
 * after the connection, and the proxy library has no timeout.
 */
async function connectWithinTimeout<T>(
  agent: { connectOpts: object },
  proxy: HttpProxy,
  timeoutMs: number,
  connect: () => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const timeUp = new Promise<never>((_, reject) => {
    stop.signal.onabort = () => reject(new ProxyFailure(proxy, "ETIMEDOUT"));
  });
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  // `connect` creates the socket from these options; the signal closes a socket that does not connect in time.
  Object.assign(agent.connectOpts, { signal: stop.signal });
  try {
    return await Promise.race([connect(), timeUp]);
  } catch (error) {
    if (error instanceof ProxyFailure) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ProxyFailure(proxy, code ?? "ERR_PROXY", message);
  } finally {
    clearTimeout(timer);
  }
}
