import type { Agent } from "node:http";
import type { Agent as HttpsAgent } from "node:https";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { type Agents, type HttpProxy, ProxyFailure } from "./proxy";

const pooledAgents = new Map<string, Agents>();

/** Agents for a proxy: new ones for a fresh connection, otherwise those whose connections are kept. */
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
    // The library makes one class for both schemes.
    https: new Tunnelling(proxy, keepAlive, timeoutMs) as Agent as HttpsAgent,
  };
}

/** http: the proxy gets the request itself, and passes it on. */
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
      // The library renders the header anew. Node would take it for one that is not written yet, and write it once more after
      // the body, as a second request.
      Object.assign(request, { _headerSent });
      return connecting;
    });
  }
}

/** https: the proxy connects to the server, and sees nothing of what passes. */
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
    // The library passes the proxy's refusal on as if the server had answered it.
    if (status !== 200) throw new ProxyFailure(this.to, `ERR_PROXY_${status}`);
    return socket;
  }
}

/**
 * Connects by way of the proxy within a time that neither got, which counts from the connection on, nor the library limits,
 * and says of a failure that it is the proxy's.
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
  // The socket is made of these options before `connect` first waits; the signal closes one that does not get anywhere.
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
