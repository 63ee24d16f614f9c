import type { FastifyInstance } from "fastify";
import { baseModels } from "../../domain/baseModels";
import { ApiError, UnprocessableError } from "../errors";
import { rowsQuery } from "../schemas/models";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

type ById = { Params: { model_id: string } };

/** `POST /v1/fine_tuning/models/{model}/rows`, an extension: shows the tokens of samples, and which of them are learned. */
export async function rowsRoute(app: FastifyInstance, { trainer }: Services): Promise<void> {
  const bases = baseModels(trainer.baseModels);
  // In a scope of its own: the other routes accept JSON only.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/x-ndjson", { parseAs: "buffer" }, (_request, body, done) =>
      done(null, body),
    );

    scope.post<ById>(
      "/v1/fine_tuning/models/:model_id/rows",
      { config: { readsQuery: true } },
      async (request, reply) => {
        const { rows } = parse(rowsQuery, request.query, "query");
        const { model_id: model } = request.params;
        if (!bases.some(({ id }) => id === model)) {
          throw new ApiError(404, `There is no base model ${model}; GET /v1/models lists the models`);
        }
        const { body } = request;
        if (!Buffer.isBuffer(body) || body.length === 0) {
          throw new UnprocessableError([{ loc: ["body"], msg: "Field required", type: "missing" }]);
        }
        if (trainer.showRows === undefined) {
          throw new ApiError(501, `The trainer ${trainer.name} does not tokenize, so it cannot show rows`);
        }
        const abandoned = new AbortController();
        reply.raw.once("close", () => abandoned.abort());
        const shown = await trainer.showRows(model, body, rows, request.workspace, abandoned.signal);
        if ("unsupported" in shown) {
          throw new ApiError(501, shown.unsupported);
        }
        if ("failure" in shown) {
          throw new UnprocessableError([{ loc: ["body"], msg: shown.failure, type: "invalid_data" }]);
        }
        return { object: "list", data: shown.rows };
      },
    );
  });
}
