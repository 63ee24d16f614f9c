import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A web site of somebody else, with any HTML. It remembers what its scripts send to it. */
export class ForeignSite {
  /** The data that the site's scripts could read from other servers. */
  readonly stolen: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly host: string,
  ) {}

  /** @param host a name of this machine. `127.0.0.1` with another port is the same site for browsers, so they send its cookies. */
  static async start(host: string): Promise<ForeignSite> {
    const server = createServer();
    const site = new ForeignSite(server, host);
    server.on("request", async (request, response) => {
      if (request.method === "POST") site.stolen.push(await text(request));
      const html = new URL(request.url ?? "", site.url).searchParams.get("html") ?? "";
      response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>Foreign</title>${html}`);
    });
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    return site;
  }

  get url(): string {
    return `http://${this.host}:${(this.server.address() as AddressInfo).port}`;
  }

  /** Returns the address of a page with this body. */
  page(html: string): string {
    return `${this.url}/?html=${encodeURIComponent(html)}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
