import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { ApiError } from "../errors";

/**
 * Answers on a connection whose request did not reach the application, and closes the connection.
 *
 * @param title the reason phrase of the status line
 */
export function answerAndClose(socket: Socket, status: number, title: string, message = title): void {
  // A client that does not read its replies must not keep the connection open.
  if (!socket.writable || socket.writableLength > 0) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(new ApiError(status, message).toReply());
  const headers = [
    `HTTP/1.1 ${status} ${title}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${randomUUID()}`,
    ...(status === 503 ? ["Retry-After: 1"] : []),
    "Connection: close",
  ];
  socket.write(`${headers.join("\r\n")}\r\n\r\n${body}`);
  socket.destroySoon();
}
