import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A forward HTTP proxy on this machine. It resolves every host name to this machine, so clients must leave name resolution to it. */
export class ProxyServer {
  /** The requests that it received: `CONNECT api.test:443`, `GET http://api.test/v1/files`. */
  readonly asked: string[] = [];
  /** The proxy credentials that it received, decoded. */
  readonly credentials: string[] = [];
  /** When set, the proxy replies with this status instead of connecting. */
  refusal: number | undefined;
  /** The number of connections that it accepted. */
  connections = 0;
  /** When set, the proxy accepts connections but never replies. */
  mute = false;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on("connection", (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("error", () => socket.destroy());
    });
    server.on("connect", (request, socket: Socket) => {
      if (!this.#takes(request)) {
        if (!this.mute) socket.end(`HTTP/1.1 ${this.refusal} No\r\ncontent-type: text/html\r\n\r\n<html>No</html>`);
        return;
      }
      const upstream = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        upstream.pipe(socket).pipe(upstream);
      });
      this.#sockets.add(upstream);
      upstream.on("error", () => socket.destroy());
    });
    server.on("request", (request, response) => {
      if (!this.#takes(request)) {
        if (!this.mute) response.writeHead(this.refusal ?? 500, { "content-type": "text/html" }).end("<html>No</html>");
        return;
      }
      const { port, pathname, search } = new URL(request.url ?? "");
      const { method, headers } = request;
      const upstream = httpRequest({ port, path: pathname + search, method, headers, agent: false }, (reply) => {
        response.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(response);
      });
      request.pipe(upstream);
    });
  }

  static async start(): Promise<ProxyServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ProxyServer(server);
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  /** Clears the recorded requests, and serves requests again. */
  reset(): void {
    this.asked.length = 0;
    this.credentials.length = 0;
    this.connections = 0;
    this.refusal = undefined;
    this.mute = false;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #takes({ method, url, headers }: IncomingMessage): boolean {
    this.asked.push(`${method} ${url}`);
    const credentials = headers["proxy-authorization"]?.replace(/^Basic /, "");
    if (credentials) this.credentials.push(Buffer.from(credentials, "base64").toString());
    return !this.mute && this.refusal === undefined;
  }
}
