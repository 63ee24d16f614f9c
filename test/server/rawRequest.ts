import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";

export interface RawReply {
  status: number;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

/** Sends a request with exactly this path and these headers, also those that `fetch` normalizes or forbids. */
export async function rawRequest(
  url: string,
  path: string,
  options: {
    method?: string | undefined;
    headers?: Record<string, string> | undefined;
    body?: string | undefined;
  } = {},
): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  const { method = "GET", headers = {}, body } = options;
  const outgoing = request({ hostname, port, path, method, headers, agent: false });
  const [reply] = (await once(outgoing.end(body), "response")) as [IncomingMessage];
  return { status: reply.statusCode as number, headers: reply.headers, body: await buffer(reply) };
}
