import type { FastifyInstance } from "fastify";
import { answerAndClose } from "./rawReply";

export interface SlowBodyOptions {
  /** Milliseconds. */
  window?: number;
  bytesPerSecond?: number;
}

/**
 * Closes connections whose request body arrives too slowly: below 1 kB/s over 30 s by default. Answers 408 unless the
 * reply has begun. A body that waits because the server does not read it is not slow.
 */
export function closeSlowBodies(
  app: FastifyInstance,
  { window = 30_000, bytesPerSecond = 1000 }: SlowBodyOptions = {},
): void {
  const least = (bytesPerSecond * window) / 1000;
  app.addHook("onRequest", async ({ raw }, reply) => {
    if (raw.headers["transfer-encoding"] === undefined && Number(raw.headers["content-length"] ?? 0) === 0) return;
    const { socket } = raw;
    let before = socket.bytesRead;
    const timer = setInterval(() => {
      const received = socket.bytesRead - before;
      before = socket.bytesRead;
      if (raw.complete) {
        clearInterval(timer);
      } else if (received < least && raw.readableLength === 0) {
        clearInterval(timer);
        if (reply.raw.headersSent) socket.destroy();
        else
          answerAndClose(
            socket,
            408,
            "Request Timeout",
            `The body arrived at less than ${bytesPerSecond} bytes/s; send the request again`,
          );
      }
    }, window);
    timer.unref();
    raw.once("close", () => clearInterval(timer));
  });
}
