import type { FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../domain/caller";

/**
 * Names the workspace of the caller's API key in every reply to a request with a key. An extension of the API. Clients need
 * it to distinguish a deleted object from an object of another workspace: both have status 404.
 */
export const WORKSPACE_HEADER = "x-workspace";

/** Records who sends the request. */
export function setCaller(request: FastifyRequest, reply: FastifyReply, { workspace, owner }: Caller): void {
  request.workspace = workspace;
  request.owner = owner;
  reply.header(WORKSPACE_HEADER, workspace);
}
