import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { PageSession, SessionReply } from "#common/dashboard";
import type { Caller } from "../../domain/caller";
import { SIMULATED } from "../../domain/trainer";
import { version } from "../../version";
import { setCaller } from "../caller";
import { ApiError } from "../errors";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import { hasKey } from "./callers";
import { LoginLimit } from "./loginLimit";
import { originOf } from "./requestOrigin";

/** The largest body of a login, in bytes. */
const MAX_LOGIN_BYTES = 1024;

const loginBody = z.strictObject({ key: z.string().min(1) });

/** `/session`: log in to the page with an API key, see who is logged in, and log out. */
export function sessionRoutes(app: FastifyInstance, services: Services): void {
  const { keys, callers, sessions, sessionCookie, connections, publicUrl, trainer } = services;
  const limit = new LoginLimit();
  const serverVersion = version();
  const describe = ({ workspace, owner }: Caller, expiresAt?: number): PageSession => ({
    required: keys.required,
    workspace,
    owner: keys.nameOf(owner),
    trainer: trainer.name,
    simulated: trainer.name === SIMULATED,
    version: serverVersion,
    ...(expiresAt !== undefined && { expires_at: Math.floor(expiresAt / 1000) }),
  });

  app.get("/session", async (request, reply): Promise<SessionReply> => {
    const session = callers.session(request);
    // Not a 401, which browsers show as an error: before a login, this is the expected state.
    if (session === undefined && keys.required && !hasKey(request)) return { required: true };
    const caller = session?.caller ?? callers.authenticate(request);
    setCaller(request, reply, caller);
    return describe(caller, session?.expiresAt);
  });

  /** @throws {ApiError} 401; 429 after too many failures */
  const rejectKey = ({ ip }: FastifyRequest, reply: FastifyReply): never => {
    const delay = limit.delay(ip);
    if (delay > 0) {
      reply.header("retry-after", delay);
      throw new ApiError(429, `The API key is invalid, and too many logins have failed; try again in ${delay} s`);
    }
    limit.fail(ip);
    throw new ApiError(401, "Invalid API key");
  };

  const beforeLogin = async (request: FastifyRequest) => {
    // A foreign page could log its visitor in with its own key, and later read the visitor's data.
    if (originOf(request, publicUrl) === "foreign") {
      throw new ApiError(403, "This request comes from another web page; log in on the server's page");
    }
  };

  app.post("/session", { bodyLimit: MAX_LOGIN_BYTES, onRequest: beforeLogin }, async (request, reply) => {
    if (!keys.required) return reply.code(204).send();
    const previous = callers.token(request);
    const { key } = parse(loginBody, request.body, "body");
    // Valid keys are never limited, because all users behind a proxy have one address.
    const caller = keys.find(key) ?? rejectKey(request, reply);
    if (previous !== undefined) sessions.end(previous);
    const { token, expiresAt } = sessions.create(caller.owner);
    sessionCookie.set(request, reply, token, Math.round((expiresAt - Date.now()) / 1000));
    connections.prove(request.socket);
    setCaller(request, reply, caller);
    return reply.code(204).send();
  });

  app.delete("/session", async (request, reply) => {
    const token = callers.token(request);
    if (token !== undefined) {
      sessions.end(token);
      sessionCookie.clear(request, reply);
    }
    return reply.code(204).send();
  });
}
