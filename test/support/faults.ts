import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { finished } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** What the proxy does with one request. */
export type Fault =
  | { kind: "none" }
  | { kind: "delay"; milliseconds: number }
  | { kind: "cut-before" }
  /** The server receives the request and replies, but the client never gets the reply. `forwarded` runs before the cut. */
  | { kind: "cut-after"; forwarded?: () => void | Promise<void> }
  | { kind: "answer"; status: number; headers: Record<string, string>; body: string }
  /** The request gets no reply, and its connection stays open. */
  | { kind: "silence" }
  /** The test replies. */
  | { kind: "handle"; handle: (request: IncomingMessage, response: ServerResponse) => void }
  /** The reply is delivered completely, in pieces, with a pause of `milliseconds` before each. */
  | { kind: "trickle"; milliseconds: number }
  /** The connection is cut after a share of the reply's body, 0 to 1. */
  | { kind: "truncate"; share: number };

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request that the proxy holds. */
export interface Exchange {
  /** Forwards the request. Resolves to the complete reply. */
  forward(): Promise<Reply>;
  request: IncomingMessage;
  response: ServerResponse;
}

const TRICKLED_PIECES = 6;

/** Applies a fault to a request. Resolves to whether the client received the server's complete reply. */
export async function carryOut(fault: Fault, { forward, request, response }: Exchange): Promise<boolean> {
  switch (fault.kind) {
    case "none":
      return deliver(response, await forward());
    case "delay":
      await sleep(fault.milliseconds);
      // Like a real proxy, drops the request when the client has closed the connection.
      return !response.destroyed && deliver(response, await forward());
    case "cut-before":
      return cut(response);
    case "cut-after":
      await forward();
      await fault.forwarded?.();
      return cut(response);
    case "answer":
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return false;
    case "silence":
      return false;
    case "handle":
      fault.handle(request, response);
      return false;
    case "trickle":
      return trickle(response, await forward(), fault.milliseconds);
    case "truncate":
      return truncate(response, await forward(), fault.share);
  }
}

/** Closes the connection to the client without a reply. */
export function cut(response: ServerResponse): false {
  response.socket?.destroy();
  return false;
}

async function deliver(response: ServerResponse, reply: Reply): Promise<boolean> {
  head(response, reply).end(reply.body);
  return arrived(response);
}

async function trickle(response: ServerResponse, reply: Reply, milliseconds: number): Promise<boolean> {
  head(response, reply);
  const size = Math.ceil(reply.body.length / TRICKLED_PIECES) || 1;
  for (let start = 0; start < reply.body.length && !response.destroyed; start += size) {
    await sleep(milliseconds);
    response.write(reply.body.subarray(start, start + size));
  }
  response.end();
  return arrived(response);
}

async function truncate(response: ServerResponse, reply: Reply, share: number): Promise<false> {
  const part = reply.body.subarray(0, Math.floor(reply.body.length * share));
  await new Promise<void>((sent) => head(response, reply).write(part.length > 0 ? part : " ", () => sent()));
  return cut(response);
}

function head(response: ServerResponse, { status, headers, body }: Reply): ServerResponse {
  const { connection: _, "keep-alive": __, "transfer-encoding": ___, ...own } = headers;
  return response.writeHead(status, { ...own, "content-length": body.length });
}

const arrived = (response: ServerResponse) =>
  finished(response).then(
    () => true,
    () => false,
  );
