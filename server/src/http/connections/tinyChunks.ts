import type { FastifyInstance } from "fastify";
import { answerAndClose } from "./rawReply";

/** A body with at most this many chunks may have chunks of any size. */
const MAX_SMALL_CHUNKS = 10_000;

/** The minimum average chunk size of a body with more chunks, in bytes. */
const MIN_AVERAGE_BYTES = 8;

const TOO_MANY = `The body has too many tiny chunks: more than ${MAX_SMALL_CHUNKS}, with less than ${MIN_AVERAGE_BYTES} bytes on average; send larger chunks`;

/**
 * Closes connections whose request body arrives in many tiny chunks, and answers 400 unless the reply has begun. Each chunk
 * costs some hundred bytes of memory until the body is complete, and time: a body of 1 MiB in chunks of one byte would take
 * 400 MB and block the other requests.
 */
export function closeTinyChunks(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ raw }, reply) => {
    const push = raw.push.bind(raw);
    let chunks = 0;
    let bytes = 0;
    raw.push = (chunk: Buffer | null, encoding?: BufferEncoding): boolean => {
      if (chunk === null) return push(chunk, encoding);
      // Node.js continues with the rest of what has arrived after the connection is closed.
      if (raw.socket.destroyed) return false;
      chunks += 1;
      bytes += chunk.length;
      if (chunks <= MAX_SMALL_CHUNKS || bytes >= chunks * MIN_AVERAGE_BYTES) return push(chunk, encoding);
      if (!reply.raw.headersSent) answerAndClose(raw.socket, 400, "Bad Request", TOO_MANY);
      raw.socket.destroy();
      return false;
    };
  });
}
