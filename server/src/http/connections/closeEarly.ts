import type { FastifyReply, FastifyRequest } from "fastify";

/** Time that the client has to read the reply, in milliseconds. */
const LINGER = 1000;

/**
 * Closes the connection after the reply to a request without a valid key, and does not read the rest of the body.
 *
 * Node.js would destroy the socket at once. If data has arrived that nobody reads, the system then resets the connection,
 * and a client that is still sending may lose the reply. So the server first ends only its own side, and waits a moment.
 */
export function closeEarly({ raw }: FastifyRequest, reply: FastifyReply): void {
  reply.header("connection", "close");
  const { socket } = raw;
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (raw.complete) {
      destroySoon();
      return;
    }
    socket.end();
    socket.pause();
    setTimeout(() => socket.destroy(), LINGER).unref();
  };
}
