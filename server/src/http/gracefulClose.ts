import type { FastifyInstance } from "fastify";

/** How long requests that have begun may take to end, in milliseconds. */
const GRACE = 5000;

/**
 * Prepares an app to be closed without waiting for connections that clients keep alive or never use: Node would wait for
 * them for a minute.
 *
 * @returns what closes it, once the requests that have begun have ended
 */
export function gracefulClose(app: FastifyInstance): () => Promise<void> {
  let requests = 0;
  app.server.on("request", (_request, response) => {
    requests += 1;
    response.once("close", () => {
      requests -= 1;
    });
  });
  return async () => {
    const deadline = Date.now() + GRACE;
    const closeConnections = setInterval(() => {
      if (requests === 0 || Date.now() > deadline) {
        app.server.closeAllConnections();
      }
    }, 20);
    await app.close();
    clearInterval(closeConnections);
  };
}
