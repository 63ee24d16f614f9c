import type { FastifyInstance } from "fastify";
import { ApiError } from "../errors";
import type { Asset, PageFiles } from "./pageFiles";

/** The views of the page. One file shows them all, so each has a URL of its own. */
const VIEWS = ["/", "/jobs/:job_id", "/compare", "/models", "/files", "/login"];

/** The page. Its files are public; its data comes from the API, which needs a key or a session. */
export function pageRoutes(app: FastifyInstance, { html, assets }: PageFiles): void {
  const options = { config: { isPage: true } };
  for (const view of VIEWS) {
    app.get(view, options, async (_request, reply) =>
      reply.header("cache-control", "no-cache").type("text/html; charset=utf-8").send(html),
    );
  }

  app.get<{ Params: { name: string } }>("/assets/:name", options, async (request, reply) => {
    const asset = assets.get(request.params.name);
    if (asset === undefined) {
      throw new ApiError(404, "The page has no such file; reload the page");
    }
    const [encoding, content] = encode(asset, request.headers["accept-encoding"]);
    if (encoding !== undefined) {
      reply.header("content-encoding", encoding);
    }
    return reply
      .header("vary", "accept-encoding")
      .header("cache-control", "public, max-age=31536000, immutable")
      .type(asset.type)
      .send(content);
  });
}

/** Returns the smallest form that the client accepts. */
function encode(
  { content, compressed }: Asset,
  accepted: string | string[] = "",
): [encoding: string | undefined, content: Buffer] {
  const refused = /;\s*q=0(\.0*)?\s*$/;
  const names = [accepted]
    .flat()
    .join()
    .split(",")
    .filter((each) => !refused.test(each))
    .map((each) => each.split(";", 1)[0]?.trim().toLowerCase());
  return [...compressed].find(([encoding]) => names.includes(encoding)) ?? [undefined, content];
}
