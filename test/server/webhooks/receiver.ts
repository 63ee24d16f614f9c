import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import type { Json } from "../support";

export const SECRET = `whsec_${Buffer.alloc(32, "webhook").toString("base64")}`;

/** A notification whose signature is valid. */
export interface Notification {
  id: string;
  type: string;
  data: Json;
  body: string;
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export const ok: Answer = (response) => response.writeHead(204).end();

/** A receiver of notifications on this machine. Verifies every signature. */
export class Receiver {
  /** All requests, also those that were not answered. */
  readonly received: Notification[] = [];
  /** The signatures that are not valid. */
  readonly invalid: unknown[] = [];
  /** The most requests at a time. */
  most = 0;
  answer: Answer = ok;
  private open = 0;
  private server: Server | undefined;
  private port = 0;

  /** Starts on a free port, and after `stop` on the same one. */
  async start(): Promise<this> {
    const server = createServer((request, response) => void this.take(request, response).catch(() => {}));
    await new Promise<void>((resolve) => server.listen(this.port, "127.0.0.1", resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
    this.server = undefined;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?token=url-token`;
  }

  types(): string[] {
    return this.received.map(({ type }) => type);
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    response.on("close", () => {
      this.open -= 1;
    });
    const body = await text(request);
    try {
      const { type, data } = new Webhook(SECRET).verify(body, request.headers as Record<string, string>) as Json;
      this.received.push({ id: String(request.headers["webhook-id"]), type, data, body });
    } catch (error) {
      this.invalid.push(error);
    }
    this.answer(response, request);
  }
}
