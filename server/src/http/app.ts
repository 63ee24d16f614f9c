import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { rejectBrowserRequests } from "./browserRequests";
import { ApiError, NotFoundError, TooLargeError, UnprocessableError } from "./errors";
import { acceptJson } from "./jsonBody";
import { answerMethodNotAllowed } from "./methodNotAllowed";
import { logRequests } from "./requestLog";
import { fileRoutes } from "./routes/files";
import { jobRoutes } from "./routes/jobs";
import { modelRoutes } from "./routes/models";
import { operationRoutes } from "./routes/operations";
import { uploadRoute } from "./routes/upload";
import { noQuery } from "./schemas/common";
import { parse } from "./schemas/parse";
import type { Services } from "./services";

/** A connection on which nothing moves for this long is closed, in milliseconds. */
const IDLE_CONNECTION = 120_000;

/** The HTTP side of the server: every route, who may call it, and what its errors look like. */
export async function buildApp(services: Services): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: services.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    connectionTimeout: IDLE_CONNECTION,
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: answerError,
    clientErrorHandler,
  });
  app.decorateRequest("owner", "");
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id);
    if (!services.keys.required) {
      rejectBrowserRequests(request);
    }
    if (request.is404) {
      // Now, and not in the handler: before that, Fastify would look at the body.
      throw new NotFoundError("There is no such route");
    }
    if (needsKey(request)) {
      request.owner = services.keys.owner(request.headers.authorization);
    }
  });
  app.addHook("preValidation", async (request) => {
    if (isApi(request) && !request.routeOptions.config.readsQuery) {
      parse(noQuery, request.query, "query");
    }
  });
  app.setErrorHandler(answerError);
  logRequests(app, services.metrics);
  acceptJson(app);

  const addMethodNotAllowedRoutes = answerMethodNotAllowed(app);
  operationRoutes(app, services);
  await uploadRoute(app, services);
  fileRoutes(app, services);
  jobRoutes(app, services);
  modelRoutes(app, services);
  addMethodNotAllowedRoutes();
  return app;
}

/** Whether a request is for the API, and not for what the server has besides it. */
function isApi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith("/v1/") ?? false;
}

function needsKey(request: FastifyRequest): boolean {
  const { needsKey, signedUrl } = request.routeOptions.config;
  return needsKey === true || (isApi(request) && !signedUrl);
}

function answerError(error: FastifyError | ApiError, request: FastifyRequest, reply: FastifyReply): void {
  const answer = toApiError(error, request);
  // Also for errors that come before the hook that sets it.
  reply.header("x-request-id", request.id).code(answer.status).send(answer.toReply());
}

function toApiError(error: FastifyError | ApiError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) {
    return error;
  }
  const { statusCode = 500 } = error;
  switch (statusCode) {
    case 413:
      return new TooLargeError("The body is too large");
    case 415:
      // As FastAPI has it: a body of another type is a body that breaks the rules.
      return new UnprocessableError([
        { loc: ["header", "content-type"], msg: "Not the content type that this route reads", type: "content_type" },
      ]);
  }
  if (error.code === "ENOSPC" || error.code === "SQLITE_FULL") {
    request.log.error({ err: error }, "the disk is full");
    return new ApiError(507, "disk_full", "The disk that holds the server's data is full");
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new ApiError(statusCode, "invalid_request_error", error.message);
  }
  request.log.error({ err: error }, "a request failed");
  return new ApiError(500, "internal_error", "The server failed to answer; its log says why, under the request's id");
}

/** Answers what is not HTTP at all, or has headers beyond all limits. */
function clientErrorHandler(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== "ECONNRESET") {
    const [status, title] =
      error.code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
    const body = JSON.stringify({ object: "error", message: title, type: "invalid_request_error", code: status });
    socket.write(
      `HTTP/1.1 ${status} ${title}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
        `X-Request-Id: ${randomUUID()}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}
