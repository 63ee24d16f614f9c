import type { FastifyInstance } from "fastify";
import { BadRequestError, NotFoundError } from "../errors";
import { BASE_MODELS } from "../jobs/base-models";
import { baseModelReply, fineTunedModelReply } from "../replies/models";
import { updateModelBody } from "../schemas/models";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import type { FineTunedModel, ModelChange } from "../store/models";

type ById = { Params: { model_id: string } };

export function modelRoutes(app: FastifyInstance, { models }: Services): void {
  /** @param intent what the caller wants to do, which cannot be done with a base model */
  const findFineTuned = (id: string, intent: string): FineTunedModel => {
    const model = models.get(id);
    if (model !== undefined) {
      return model;
    }
    if (BASE_MODELS.some((base) => base.id === id)) {
      throw new BadRequestError(`A base model cannot be ${intent}`);
    }
    throw new NotFoundError("There is no model with this id");
  };

  app.get("/v1/models", async () => ({
    object: "list",
    data: [...BASE_MODELS.map(baseModelReply), ...models.list().map(fineTunedModelReply)],
  }));

  app.get<ById>("/v1/models/:model_id", async (request) => {
    const base = BASE_MODELS.find((each) => each.id === request.params.model_id);
    return base ? baseModelReply(base) : fineTunedModelReply(findFineTuned(request.params.model_id, "shown"));
  });

  app.delete<ById>("/v1/models/:model_id", async (request) => {
    const { id } = findFineTuned(request.params.model_id, "deleted");
    models.remove(id);
    return { id, object: "model", deleted: true };
  });

  app.patch<ById>("/v1/fine_tuning/models/:model_id", async (request) => {
    const change = parse(updateModelBody, request.body, "body") as ModelChange;
    return fineTunedModelReply(models.update(findFineTuned(request.params.model_id, "updated"), change));
  });

  const archive = (id: string, archived: boolean) => {
    const model = models.update(findFineTuned(id, "archived"), { archived });
    return { id: model.id, object: "model", archived: model.archived };
  };
  app.post<ById>("/v1/fine_tuning/models/:model_id/archive", async ({ params }) => archive(params.model_id, true));
  app.delete<ById>("/v1/fine_tuning/models/:model_id/archive", async ({ params }) => archive(params.model_id, false));
}
