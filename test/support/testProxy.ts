import {
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { carryOut, cut, type Reply } from "./faults";
import { type Decide, type RecordedRequest, templateOf } from "./proxiedRequest";

interface Route {
  decide: Decide;
  readonly requests: RecordedRequest[];
}

export interface ProxyOptions {
  /**
   * The base URL of the server. Default: a forward proxy, as in HTTP_PROXY, which connects every host name to this
   * machine, so that clients do not resolve host names.
   */
  target?: string;
  /**
   * Chooses the fault before the body of a request has arrived, and forwards bodies in chunks. By default the proxy reads the
   * whole request first, so that the fault happens at a defined point.
   */
  stream?: boolean;
}

/**
 * A real HTTP proxy on a free port, which records requests and injects faults. The target may change, and the proxy's own URL
 * stays the same. Several clients can use one proxy, each with its own prefix (`/s/123`).
 */
export class TestProxy {
  /** The number of connections from clients. */
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private readonly routes = new Map<string, Route>();
  private readonly active = new Set<Promise<void>>();

  private constructor(
    private readonly server: Server,
    /** The server's base URL; may be changed at any time. */
    public target: string | undefined,
    private readonly stream: boolean,
  ) {
    this.route("");
    server.on("connection", (socket) => {
      this.connections += 1;
      this.track(socket);
    });
    server.on("request", (request, response) => {
      const handled: Promise<void> = this.take(request, response)
        .catch(() => void cut(response))
        .finally(() => this.active.delete(handled));
      this.active.add(handled);
    });
    server.on("connect", (request, socket: Socket) => {
      this.tunnel(request, socket).catch(() => socket.destroy());
    });
  }

  static async start({ target, stream = false }: ProxyOptions = {}): Promise<TestProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new TestProxy(server, target, stream);
  }

  /** Returns the base URL for clients that use a prefix. */
  url(prefix = ""): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${prefix}`;
  }

  /**
   * Sets the decision function of a prefix, and starts a new list of its requests.
   *
   * @param decide default: no faults
   * @returns the requests from this call on; the proxy appends to the array
   */
  route(prefix: string, decide: Decide = () => ({ kind: "none" })): readonly RecordedRequest[] {
    const requests: RecordedRequest[] = [];
    this.routes.set(prefix, { decide, requests });
    return requests;
  }

  /** Waits until no request is in progress: a client can receive a reply before the proxy has recorded the request. */
  async idle(): Promise<void> {
    await Promise.all(this.active);
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.server.close(resolve));
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.sockets.delete(socket));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, prefix = "", url = "/"] = /^(\/s\/[^/]+)?(.*)$/.exec(request.url ?? "") ?? [];
    const body = this.stream ? undefined : await buffer(request);
    const { recorded, fault } = await this.decide(prefix, url, request);
    const received = (reply: IncomingMessage) => {
      recorded.status = reply.statusCode as number;
      return recorded.status;
    };
    if (body === undefined && fault.kind === "none") {
      const outgoing = this.open(request, url);
      response.on("close", () => outgoing.destroy());
      request.pipe(outgoing);
      const reply = await replyOf(outgoing);
      response.writeHead(received(reply), endToEnd(reply.headers));
      await pipeline(reply, response);
      recorded.delivered = true;
      return;
    }
    const forward = async (): Promise<Reply> => {
      const content = body ?? (await buffer(request));
      const reply = await replyOf(this.open(request, url, content.length).end(content));
      return { status: received(reply), headers: reply.headers, body: await buffer(reply) };
    };
    recorded.delivered = await carryOut(fault, { forward, request, response });
  }

  /** Answers CONNECT: clients speak TLS with the server through the tunnel. */
  private async tunnel(request: IncomingMessage, socket: Socket): Promise<void> {
    const { fault } = await this.decide("", request.url ?? "", request);
    if (fault.kind === "silence") return;
    if (fault.kind === "answer") {
      const headers = Object.entries(fault.headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${fault.status} No\r\n${headers.join("")}\r\n${fault.body}`);
      return;
    }
    if (fault.kind !== "none") throw new Error(`a tunnel cannot have the fault ${fault.kind}`);
    const upstream = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    this.track(upstream);
    upstream.on("error", () => socket.destroy());
  }

  private async decide(prefix: string, url: string, { method = "", headers }: IncomingMessage) {
    const route = this.routes.get(prefix);
    if (!route) throw new Error(`no route is set for the prefix "${prefix}"`);
    const ordinal = route.requests.length + 1;
    const template = templateOf(method, url);
    const recorded: RecordedRequest = { method, url, headers, template, ordinal, fault: "none", delivered: false };
    route.requests.push(recorded);
    const fault = await route.decide(recorded);
    recorded.fault = fault.kind;
    return { recorded, fault };
  }

  /** Uses a new connection for each request, because a keep-alive connection may belong to a killed server. */
  private open({ method, headers }: IncomingMessage, url: string, length?: number): ClientRequest {
    const { port, pathname, search, host } = new URL(url, this.target);
    const own = endToEnd(headers);
    return httpRequest({
      createConnection: () => connect(Number(port), "127.0.0.1"),
      method,
      path: pathname + search,
      headers: { ...own, host, ...(length !== undefined && { "content-length": length }), connection: "close" },
    });
  }
}

function replyOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on("response", resolve).on("error", reject);
  });
}

/** Returns the headers without hop-by-hop headers. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...rest } = headers;
  return rest;
}
