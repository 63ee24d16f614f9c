import type { FastifyInstance, HTTPMethods } from "fastify";
import { ApiError } from "./errors";

/**
 * Answers 405 with `Allow` where a route exists for other methods only, as Fastify does not.
 *
 * @returns what to call once all routes are there
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
        // Before Fastify looks at the body.
        onRequest: async (_request, reply) => {
          reply.header("allow", allow);
          throw new ApiError(405, "method_not_allowed", `This route allows ${allow} only`);
        },
        handler: () => {},
      });
    }
  };
}
