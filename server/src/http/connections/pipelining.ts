import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";

/** The largest number of requests of a connection without a complete reply. Common clients wait for each reply. */
const MAX_UNANSWERED = 10;

/**
 * Closes connections that send many requests without waiting for the replies. Node.js passes all requests of a chunk, up to
 * thousands, to the application in one turn of the event loop, so they would delay the requests of all other clients.
 *
 * Call it before other listeners for requests are added.
 */
export function limitPipelining(server: Server): void {
  const handlers = server.listeners("request") as RequestListener[];
  server.removeAllListeners("request");
  const unanswered = new WeakMap<Socket, number>();
  server.on("request", (request, response) => {
    const { socket } = request;
    // Node.js continues with the rest of the chunk after the connection is closed.
    if (socket.destroyed) return;
    const count = unanswered.get(socket) ?? 0;
    if (count >= MAX_UNANSWERED) {
      socket.destroy();
      return;
    }
    unanswered.set(socket, count + 1);
    response.once("close", () => unanswered.set(socket, (unanswered.get(socket) as number) - 1));
    for (const handle of handlers) handle.call(server, request, response);
  });
}
