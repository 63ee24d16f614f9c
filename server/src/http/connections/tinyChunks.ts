import type { FastifyInstance } from "fastify";
import { answerAndClose } from "./rawReply";

/** So many chunks of a body may be small. */
const FREE_CHUNKS = 10_000;

/** The least average size of more chunks, in bytes. */
const LEAST_AVERAGE = 8;

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
      if (chunks <= FREE_CHUNKS || bytes >= chunks * LEAST_AVERAGE) return push(chunk, encoding);
      if (!reply.raw.headersSent) answerAndClose(raw.socket, 400, "Bad Request", "The body has too many tiny chunks");
      raw.socket.destroy();
      return false;
    };
  });
}
