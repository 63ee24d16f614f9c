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

/** A request as it came, before anything has happened to it. */
export interface Held {
  /** What it asks for, without what tells one thing from another: `GET /v1/fine_tuning/jobs/{id}`. */
  template: string;
  /** Its place among the requests of its prefix, from 1. */
  ordinal: number;
}

/** Chooses what happens to a request; it is held as long as that takes. */
export type Decide = (request: Held) => Fault | Promise<Fault>;

/** What has become of a request. */
export interface Passed extends Held {
  fault: Fault["kind"];
  /** Status of the server's reply; undefined while none has come. */
  status?: number;
  /** Whether the client was given the server's reply, whole. */
  delivered: boolean;
}

/** What happens to the requests of one prefix, and what has happened. */
interface Route {
  decide: Decide;
  readonly passed: Passed[];
}

/**
 * A real HTTP proxy between a provider and its server, for breaking things on purpose. Its address stays while the server's
 * changes, and several clients can use it at once, each under a prefix of its own (`/s/123`).
 */
export class FaultProxy {
  readonly #server: Server;
  readonly #routes = new Map<string, Route>();

  private constructor(
    server: Server,
    /** Where requests go; may be changed at any time. */
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

  /** The base URL of a prefix. */
  url(prefix = ""): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${prefix}`;
  }

  /** Sets what happens to the requests of a prefix, and forgets what has. */
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
    if (!route) throw new Error(`nothing is known of ${prefix}`);
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

  /** On a connection of its own: a kept one may belong to a server that has been killed. */
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

/** A dry run creates nothing, so it is a route of its own. */
function templateOf(method: string | undefined, url: string): string {
  const [path = "", query] = url.split("?");
  if (query === "dry_run=true") return `${method} ${path}?${query}`;
  return `${method} ${path.replace(/^(\/v1\/(?:fine_tuning\/jobs|fine_tuning\/models|files|models))\/[^/]+/, "$1/{id}")}`;
}
