import type { FastifyInstance } from "fastify";

/** Time that running requests have to finish, in milliseconds. */
const GRACE_PERIOD = 5000;

/**
 * Closes keep-alive and unused connections on shutdown. Without this, Node.js waits up to a minute for them.
 *
 * @returns a function that waits for the running requests and closes the app
 */
export function gracefulClose(app: FastifyInstance): () => Promise<void> {
  let running = 0;
  app.server.on("request", (request, response) => {
    // Its response is never closed: see `limitPipelining`.
    if (request.socket.destroyed) return;
    running += 1;
    response.once("close", () => {
      running -= 1;
    });
  });
  return async () => {
    const deadline = performance.now() + GRACE_PERIOD;
    const closeConnections = setInterval(() => {
      if (running === 0 || performance.now() > deadline) {
        app.server.closeAllConnections();
      }
    }, 20);
    await app.close();
    clearInterval(closeConnections);
  };
}
