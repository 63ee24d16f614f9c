import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { carryOut, cut, type Fault, type Reply } from "./faults";

/** A request that the proxy received and holds. */
export interface Held {
  /** The method and path, with `{id}` in place of the ID: `GET /v1/fine_tuning/jobs/{id}`. */
  template: string;
  /** The number of the request among those of its prefix, from 1. */
  ordinal: number;
}

/** Chooses the fault for a request. The proxy holds the request until this resolves. */
export type Decide = (request: Held) => Fault | Promise<Fault>;

/** A request, and what the proxy did with it. */
export interface Passed extends Held {
  fault: Fault["kind"];
  /** Status of the server's reply; undefined when the server has not replied. */
  status?: number;
  /** Whether the client received the server's complete reply. */
  delivered: boolean;
}

/** The decision function and the recorded requests of one prefix. */
interface Route {
  decide: Decide;
  readonly passed: Passed[];
}

/**
 * An HTTP proxy between a provider and its server that injects faults. The proxy keeps its address when the server's address
 * changes. Several clients can use the proxy at once, each with its own path prefix (`/s/123`).
 */
export class FaultProxy {
  readonly #server: Server;
  readonly #routes = new Map<string, Route>();

  private constructor(
    server: Server,
    /** The server's base URL; may be changed at any time. */
    public target: string,
  ) {
    this.#server = server;
    server.on("request", (request, response) => {
      this.#take(request, response).catch(() => cut(response));
    });
  }

  static async start(target = ""): Promise<FaultProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return new FaultProxy(server, target);
  }

  /** Returns the base URL for clients that use a prefix. */
  url(prefix = ""): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${prefix}`;
  }

  /**
   * Sets the decision function of a prefix, and starts a new record of its requests.
   *
   * @param decide default: no faults
   * @returns the requests from now on; the array grows
   */
  route(prefix: string, decide: Decide = () => ({ kind: "none" })): readonly Passed[] {
    const passed: Passed[] = [];
    this.#routes.set(prefix, { decide, passed });
    return passed;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, prefix = "", url = "/"] = /^(\/s\/[^/]+)?(\/.*)$/.exec(request.url ?? "") ?? [];
    const route = this.#routes.get(prefix);
    if (!route) throw new Error(`no route is set for the prefix "${prefix}"`);
    const body = await buffer(request);
    const passed: Passed = {
      template: templateOf(request.method, url),
      ordinal: route.passed.length + 1,
      fault: "none",
      delivered: false,
    };
    route.passed.push(passed);
    const fault = await route.decide(passed);
    passed.fault = fault.kind;
    const forward = async () => {
      const reply = await this.#forward(request, url, body);
      passed.status = reply.status;
      return reply;
    };
    passed.delivered = await carryOut(fault, { forward, response });
  }

  /** Uses a new connection for each request: a kept-alive one may belong to a killed server. */
  #forward({ method, headers }: IncomingMessage, path: string, body: Buffer): Promise<Reply> {
    const { hostname, port, host } = new URL(this.target);
    const { connection: _, "transfer-encoding": __, ...own } = headers;
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          createConnection: () => connect(Number(port), hostname),
          method,
          path,
          headers: { ...own, host, "content-length": body.length, connection: "close" },
        },
        (reply) => {
          const status = reply.statusCode as number;
          buffer(reply).then((text) => resolve({ status, headers: reply.headers, body: text }), reject);
        },
      );
      request.on("error", reject).end(body);
    });
  }
}

/** Returns the template of a request. A dry run creates nothing, so it has a separate template. */
function templateOf(method: string | undefined, url: string): string {
  const [path = "", query] = url.split("?");
  if (query === "dry_run=true") return `${method} ${path}?${query}`;
  return `${method} ${path.replace(/^(\/v1\/(?:fine_tuning\/jobs|fine_tuning\/models|files|models))\/[^/]+/, "$1/{id}")}`;
}
