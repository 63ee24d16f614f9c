import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";

export interface PostOptions {
  headers: Record<string, string>;
  body: string;
  /** The maximum duration until the status arrives, in milliseconds. */
  timeoutMs: number;
  /** Ends the request. */
  signal: AbortSignal;
}

/**
 * Sends a POST request and ignores the body of the reply, whatever its size. Follows no redirect. Each request has its own
 * connection: the receiver may close a kept one at the moment when it is used again.
 *
 * @returns the status of the reply
 * @throws when there is no reply in time
 */
export function post(url: URL, { headers, body, timeoutMs, signal }: PostOptions): Promise<number> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: "POST",
      agent: false,
      headers: { ...headers, "content-length": Buffer.byteLength(body) },
      signal,
    });
    const timer = setTimeout(
      () => sent.destroy(new Error(`no reply within ${Math.ceil(timeoutMs / 1000)} s`)),
      timeoutMs,
    );
    sent.on("response", (response) => {
      resolve(response.statusCode as number);
      response.destroy();
    });
    sent.on("error", reject);
    sent.on("close", () => {
      clearTimeout(timer);
      // After a reply, or an error, this does nothing.
      reject(new Error("the connection was closed without a reply"));
    });
    sent.end(body);
  });
}
