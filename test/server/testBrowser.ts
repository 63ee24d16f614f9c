import assert from "node:assert/strict";
import { type RawReply, rawRequest } from "./rawRequest";
import type { Json } from "./support";

/** Keeps the cookies of a server and sends the headers of a browser, as the server's page would. */
export class TestBrowser {
  /** By name. */
  readonly cookies = new Map<string, string>();

  /** @param url of the server. @param origin of the page: the server's by default */
  constructor(
    readonly url: string,
    readonly origin = url,
  ) {}

  get cookie(): string {
    return [...this.cookies].map((pair) => pair.join("=")).join("; ");
  }

  /** @param headers replace those of the browser; an empty value omits the header */
  async send(
    method: string,
    path: string,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<RawReply & { json: Json }> {
    const all = {
      ...(this.cookies.size > 0 && { cookie: this.cookie }),
      ...(method !== "GET" && method !== "HEAD" && { origin: this.origin }),
      "sec-fetch-site": "same-origin",
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const reply = await rawRequest(this.url, path, { method, headers: sent, body: text });
    for (const line of reply.headers["set-cookie"] ?? []) this.store(line);
    const isJson = reply.headers["content-type"]?.startsWith("application/json") && reply.body.length > 0;
    return { ...reply, json: isJson ? JSON.parse(reply.body.toString()) : undefined };
  }

  async status(method: string, path: string, options?: Parameters<TestBrowser["send"]>[2]): Promise<number> {
    return (await this.send(method, path, options)).status;
  }

  /** Logs in and returns the `set-cookie` header. Fails unless the server accepts the key. */
  async logIn(key: string): Promise<string> {
    const { status, headers, body } = await this.send("POST", "/session", { body: { key } });
    assert.equal(status, 204, body.toString());
    return String(headers["set-cookie"]);
  }

  private store(line: string): void {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=0(;|$)/i.test(line)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
