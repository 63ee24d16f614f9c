import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** The routes of Mistral's API. */
const ROUTES =
  /^\/v1\/(files(\/[^/]+(\/(content|url))?)?|models(\/[^/]+)?|fine_tuning\/(jobs(\/[^/]+(\/(start|cancel))?)?|models\/[^/]+(\/archive)?))$/;

/** The fields that `mistral-fine-tuning-server` adds to Mistral's API, by the name of the object that has them. */
const EXTENSIONS: Record<string, readonly string[]> = {
  job: ["artifact", "evaluation", "keep"],
  model: ["artifact", "training", "held_by", "pending_deletion_policy", "held"],
  file: ["sha256"],
};

/** The fields of a job's metadata in Mistral's API. */
const METADATA = ["expected_duration_seconds", "cost", "cost_currency", "train_tokens_per_step", "train_tokens"];

/**
 * A server that speaks Mistral's API and nothing else, in front of the real server: it answers 404 to every route that is an
 * extension, rejects fields of a new job that are one, and removes them from replies.
 */
export class PlainServer {
  /** The method and the path of the requests to routes that it does not have. */
  readonly unknown: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {}

  static async start(target: string): Promise<PlainServer> {
    const server = createServer();
    const plain = new PlainServer(server, target);
    server.on("request", (request, response) => {
      plain.answer(request).then(
        ({ status, type, body }) => response.writeHead(status, { "content-type": type }).end(body),
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return plain;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage): Promise<{ status: number; type: string; body: string | Buffer }> {
    const { method = "", url = "" } = request;
    const content = await buffer(request);
    const type = "application/json";
    const path = url.split("?", 1)[0] as string;
    if (!ROUTES.test(path)) {
      this.unknown.push(`${method} ${path}`);
      return { status: 404, type, body: JSON.stringify({ detail: "Not Found" }) };
    }
    if (method === "POST" && path.endsWith("/jobs")) {
      const added = Object.keys(JSON.parse(content.toString())).filter((name) => EXTENSIONS.job?.includes(name));
      const detail = added.map((name) => ({ loc: ["body", name], msg: "Extra inputs are not permitted" }));
      if (detail.length > 0) return { status: 422, type, body: JSON.stringify({ detail }) };
    }
    const { authorization, "content-type": sent } = request.headers;
    const reply = await fetch(this.target + url, {
      method,
      headers: { ...(authorization && { authorization }), ...(sent && { "content-type": sent }) },
      ...(content.length > 0 && { body: new Uint8Array(content) }),
    });
    const body = Buffer.from(await reply.arrayBuffer());
    const replyType = reply.headers.get("content-type") ?? "";
    if (!replyType.startsWith(type)) return { status: reply.status, type: replyType, body };
    return { status: reply.status, type, body: JSON.stringify(withoutExtensions(JSON.parse(body.toString()))) };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: any reply of the API
function withoutExtensions(reply: any): unknown {
  if (Array.isArray(reply.data)) return { ...reply, data: reply.data.map(withoutExtensions) };
  const { metadata, ...rest } = reply;
  const dropped = EXTENSIONS[reply.object] ?? [];
  const kept = Object.entries(rest).filter(([name]) => !dropped.includes(name));
  const plainMetadata = Object.entries(metadata ?? {}).filter(([name]) => METADATA.includes(name));
  return { ...Object.fromEntries(kept), ...(metadata && { metadata: Object.fromEntries(plainMetadata) }) };
}
