import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that the server received. */
export interface Received {
  method: string;
  /** The path without the query, not decoded. */
  path: string;
  query: Record<string, string | string[]>;
  headers: IncomingMessage["headers"];
  body: Buffer;
  /** The body as JSON; throws when it is not. */
  json(): unknown;
}

/** A scripted reply: a status with a JSON or text body, or a function that writes the response. */
export type Answer =
  | { status?: number; headers?: Record<string, string>; json: unknown }
  | { status?: number; headers?: Record<string, string>; text: string }
  | ((request: Received, response: ServerResponse) => void);

/** Closes the connection instead of replying. */
export const hangUp: Answer = (_request, response) => response.socket?.destroy();

/** Never replies. */
export const silence: Answer = () => {};

/** An HTTP server on this machine that sends scripted replies in order, and repeats the last one. */
export class ScriptedServer {
  readonly received: Received[] = [];
  #answers: Answer[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", (request, response) => {
      // Some tests close the connection while sending.
      this.#take(request).then(
        (received) => this.#answer(received, response),
        () => response.destroy(),
      );
    });
  }

  static async start(server: Server = createServer()): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return scripted;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Sets the script, and clears the received requests. */
  script(...answers: Answer[]): void {
    this.#answers = answers;
    this.received.length = 0;
  }

  /** The only request since the script was set. Throws when there was none or more than one. */
  get only(): Received {
    if (this.received.length !== 1 || this.received[0] === undefined) {
      throw new Error(`expected one request, got ${this.received.length}`);
    }
    return this.received[0];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage): Promise<Received> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const url = new URL(request.url ?? "/", this.url);
    const query: Record<string, string | string[]> = {};
    for (const name of new Set(url.searchParams.keys())) {
      const values = url.searchParams.getAll(name);
      query[name] = values.length === 1 ? String(values[0]) : values;
    }
    const body = Buffer.concat(chunks);
    const path = (request.url ?? "").split("?")[0] ?? "";
    const method = request.method ?? "";
    const received = { method, path, query, headers: request.headers, body, json: () => JSON.parse(body.toString()) };
    this.received.push(received);
    return received;
  }

  #answer(request: Received, response: ServerResponse): void {
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (answer === undefined) {
      response.writeHead(599).end();
    } else if (typeof answer === "function") {
      answer(request, response);
    } else if ("json" in answer) {
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.json));
    } else {
      response.writeHead(answer.status ?? 200, answer.headers);
      response.end(answer.text);
    }
  }
}
