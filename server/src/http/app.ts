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
import { ConflictError, TooLargeError } from "../domain/errors";
import { sessionRoutes } from "./access/sessionRoutes";
import { rejectBrowserRequests } from "./browserRequests";
import { setCaller } from "./caller";
import { closeEarly } from "./connections/closeEarly";
import { limitPipelining } from "./connections/pipelining";
import { answerAndClose } from "./connections/rawReply";
import { closeSlowBodies } from "./connections/slowBodies";
import { closeTinyChunks } from "./connections/tinyChunks";
import { ApiError, UnprocessableError } from "./errors";
import { acceptJson } from "./jsonBody";
import { answerMethodNotAllowed } from "./methodNotAllowed";
import { pageRoutes } from "./page/pageRoutes";
import { securityHeaders } from "./page/securityHeaders";
import { logRequests, pathOf } from "./requestLog";
import { capabilityRoute } from "./routes/capabilities";
import { dashboardRoutes } from "./routes/dashboard";
import { evaluationRoutes } from "./routes/evaluations";
import { fileRoutes } from "./routes/files";
import { holdRoutes } from "./routes/holds";
import { jobRoutes } from "./routes/jobs";
import { metricRoutes } from "./routes/metrics";
import { modelRoutes } from "./routes/models";
import { operationRoutes } from "./routes/operations";
import { rowsRoute } from "./routes/rows";
import { uploadRoute } from "./routes/upload";
import { noQuery } from "./schemas/common";
import { parse } from "./schemas/parse";
import type { Services } from "./services";

/** Idle connections are closed after this time, in milliseconds. */
const CONNECTION_TIMEOUT = 120_000;

/** Connections that do not send their first headers within this time are closed, in milliseconds. */
const HEADERS_TIMEOUT = 15_000;
const HEADERS_CHECK_INTERVAL = 5_000;

/** Builds the HTTP API: routes, authentication and error replies. */
export async function buildApp(services: Services): Promise<FastifyInstance> {
  const answerError = (error: FastifyError | ApiError, request: FastifyRequest, reply: FastifyReply): void => {
    const answer = toApiError(error, request);
    // Not yet known after an error before or in the `onRequest` hook.
    const caller = request.owner ? request : services.callers.identify(request);
    if (caller === undefined) {
      closeEarly(request, reply);
    } else {
      setCaller(request, reply, caller);
      // Fastify closes the connection when it rejects a body. Most clients read the reply only after they have sent the
      // whole body, so the rest of the body is read.
      reply.removeHeader("connection");
    }
    // Errors that Fastify raises before the `onRequest` hook have no request id header yet.
    reply
      .headers(securityHeaders(request))
      .header("x-request-id", request.id)
      .code(answer.status)
      .send(answer.toReply());
  };
  const app = Fastify({
    loggerInstance: services.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    connectionTimeout: CONNECTION_TIMEOUT,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: HEADERS_CHECK_INTERVAL },
    routerOptions: { maxParamLength: 2048 },
    frameworkErrors: answerError,
    clientErrorHandler,
  });
  services.connections.watch(app.server);
  limitPipelining(app.server);
  app.decorateRequest("owner", "");
  app.decorateRequest("workspace", "");
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id).headers(securityHeaders(request));
    if (!services.keys.required) {
      rejectBrowserRequests(request);
    }
    if (request.is404) {
      // Not in the not-found handler: Fastify parses the body before it calls that handler.
      throw new ApiError(404, `There is no route ${request.method} ${pathOf(request)}`);
    }
    if (needsKey(request)) {
      setCaller(request, reply, services.callers.authenticate(request));
      services.connections.prove(request.socket);
    }
  });
  app.addHook("preValidation", async (request) => {
    if (isApi(request) && !request.routeOptions.config.readsQuery) {
      parse(noQuery, request.query, "query");
    }
  });
  closeSlowBodies(app);
  closeTinyChunks(app);
  // A reply tells the client that its writes are durable, or what it has read.
  app.addHook("onSend", async () => services.jobs.committed());
  app.setErrorHandler(answerError);
  logRequests(app, services.metrics);
  acceptJson(app);

  const addMethodNotAllowedRoutes = answerMethodNotAllowed(app);
  operationRoutes(app, services);
  await uploadRoute(app, services);
  fileRoutes(app, services);
  jobRoutes(app, services);
  metricRoutes(app, services);
  modelRoutes(app, services);
  evaluationRoutes(app, services);
  holdRoutes(app, services);
  dashboardRoutes(app, services);
  capabilityRoute(app, services);
  await rowsRoute(app, services);
  if (services.page !== undefined) {
    pageRoutes(app, services.page);
    sessionRoutes(app, services);
  }
  addMethodNotAllowedRoutes();
  return app;
}

/** False for health checks and metrics. */
function isApi({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.startsWith("/v1/") ?? false;
}

function needsKey(request: FastifyRequest): boolean {
  const { needsKey, signedUrl } = request.routeOptions.config;
  return needsKey === true || (isApi(request) && !signedUrl);
}

function toApiError(error: FastifyError | ApiError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof ConflictError) return new ApiError(409, error.message);
  if (error instanceof TooLargeError) return new ApiError(413, error.message);
  const { statusCode = 500 } = error;
  switch (statusCode) {
    case 413:
      return new ApiError(413, "The body is too large");
    case 415:
      // FastAPI, and therefore the hosted API, answers 422 to an unsupported content type.
      return new UnprocessableError([
        { loc: ["header", "content-type"], msg: "This route does not accept this content type", type: "content_type" },
      ]);
  }
  if (error.code === "ENOSPC" || error.code === "SQLITE_FULL") {
    request.log.error({ err: error }, "disk full");
    return new ApiError(507, "The disk that holds the server's data is full");
  }
  if (error.code === "SQLITE_BUSY") {
    request.log.error({ err: error }, "another process locks the database");
    return new ApiError(503, "Another process is writing to the server's database; try again");
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new ApiError(statusCode, error.message);
  }
  request.log.error({ err: error }, "request failed");
  return new ApiError(500, `Internal error; search the server's log for request id ${request.id}`);
}

/** The replies to requests that Node.js rejects. Other errors are answered with 400. */
const CLIENT_ERRORS: Record<string, [status: number, title: string]> = {
  HPE_HEADER_OVERFLOW: [431, "Request Header Fields Too Large"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout"],
};

/** Answers requests that are not valid HTTP, whose headers are too large, or whose headers do not arrive in time. */
function clientErrorHandler({ code = "" }: Error & { code?: string }, socket: Socket): void {
  if (code === "ECONNRESET") {
    socket.destroy();
  } else {
    answerAndClose(socket, ...(CLIENT_ERRORS[code] ?? [400, "Bad Request"]));
  }
}
