import type { FastifyInstance, HTTPMethods } from "fastify";
import { ApiError } from "./errors";

/**
 * Answers 405 with an `Allow` header when the path exists for other methods only. Fastify answers 404.
 *
 * @returns a function to call after all routes are registered
 */
export function answerMethodNotAllowed(app: FastifyInstance): () => void {
  const routes = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = routes.get(url) ?? new Set();
    routes.set(url, methods);
    for (const each of [method].flat()) {
      methods.add(each);
    }
  });
  return () => {
    for (const [url, methods] of [...routes]) {
      const allow = [...methods].sort().join(", ");
      const others = app.supportedMethods.filter((method) => !methods.has(method)) as HTTPMethods[];
      app.route({
        method: others,
        url,
        // In a hook, because Fastify parses the body before it calls the handler.
        onRequest: async (_request, reply) => {
          reply.header("allow", allow);
          throw new ApiError(405, `This route allows ${allow} only`);
        },
        handler: () => {},
      });
    }
  };
}
