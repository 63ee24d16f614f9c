import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Handles a request instead of forwarding it. */
export type Interception = (request: IncomingMessage, response: ServerResponse) => void;

/** A reverse proxy on this machine that counts requests, and can answer some of them itself. */
export class WatchedProxy {
  /** The number of requests by method and path. IDs are replaced with `*`, and queries are removed except `dry_run=true`. */
  readonly counts = new Map<string, number>();
  /** Called for each request. When it returns a function, that function handles the request. */
  intercept: (request: IncomingMessage) => Interception | undefined = () => undefined;

  private constructor(
    private readonly target: string,
    private readonly server: Server,
  ) {
    server.on("request", (incoming, response) => this.take(incoming, response));
  }

  static async start(target: string): Promise<WatchedProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new WatchedProxy(target, server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(incoming: IncomingMessage, response: ServerResponse): void {
    const { method, url = "/", headers } = incoming;
    const route = `${method} ${url.replace(/\?(?!dry_run=true$).*/, "").replace(/(\/jobs|\/files|\/models)\/[^/]+/, "$1/*")}`;
    this.counts.set(route, (this.counts.get(route) ?? 0) + 1);
    const interception = this.intercept(incoming);
    if (interception) {
      interception(incoming, response);
      return;
    }
    const outgoing = request(new URL(url, this.target), { method, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(response);
    });
    // When one side closes its connection, close the other side as well.
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  }
}
