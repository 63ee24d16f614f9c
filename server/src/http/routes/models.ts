import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type BaseModel, baseModels } from "../../domain/baseModels";
import type { FineTunedModel, ModelChange } from "../../store/models";
import { ApiError } from "../errors";
import { baseUrlOf } from "../publicUrl";
import { artifactReply } from "../replies/artifact";
import { baseModelReply, fineTunedModelReply } from "../replies/models";
import { updateModelBody } from "../schemas/models";
import { parse } from "../schemas/parse";
import type { Services } from "../services";

type ById = { Params: { model_id: string } };

export function modelRoutes(app: FastifyInstance, services: Services): void {
  const { models, holds, artifacts, trainer, publicUrl } = services;
  const bases = baseModels(trainer.baseModels);
  /** @param operation a past participle for the error message, for example `deleted` */
  const findFineTuned = ({ params, workspace }: FastifyRequest<ById>, operation: string): FineTunedModel => {
    const { model_id: id } = params;
    const model = models.find(id, workspace);
    if (model !== undefined) {
      return model;
    }
    if (bases.some((base) => base.id === id)) {
      throw new ApiError(400, `A base model cannot be ${operation}`);
    }
    throw new ApiError(404, "There is no model with this id");
  };

  const toReply = (model: FineTunedModel, request: FastifyRequest, heldBy = holds.heldBy(model.id)) =>
    fineTunedModelReply(model, artifactReply(model, baseUrlOf(request, publicUrl)), heldBy);

  const toBaseReply = async (base: BaseModel, workspace: string) =>
    baseModelReply(base, await trainer.trainingRule(base.id, workspace));

  app.get("/v1/models", async (request) => {
    const baseReplies = await Promise.all(bases.map((base) => toBaseReply(base, request.workspace)));
    const heldBy = holds.heldByModel(request.workspace);
    const replies = models.list(request.workspace).map((model) => toReply(model, request, heldBy.get(model.id) ?? []));
    return { object: "list", data: [...baseReplies, ...replies] };
  });

  app.get<ById>("/v1/models/:model_id", async (request) => {
    const base = bases.find((each) => each.id === request.params.model_id);
    return base ? toBaseReply(base, request.workspace) : toReply(findFineTuned(request, "shown"), request);
  });

  app.get<ById>("/v1/fine_tuning/models/:model_id/artifact", async (request, reply) => {
    const { id, jobId, artifactBytes } = findFineTuned(request, "downloaded");
    if (artifactBytes === undefined || !artifacts.has(jobId)) {
      throw new ApiError(404, "This model has no files: its training was simulated");
    }
    const name = id.replaceAll(/[^\w.-]+/g, "-");
    const { open, length } = artifacts.archive(jobId, name);
    if (length !== undefined) {
      reply.header("content-length", length);
    }
    return (
      reply
        .type("application/x-tar")
        .header("content-disposition", `attachment; filename="${name}.tar"`)
        // Fastify would pack the whole artifact, and discard it.
        .send(request.method === "HEAD" ? Readable.from([]) : open())
    );
  });

  app.delete<ById>("/v1/models/:model_id", async (request) => {
    const { id, jobId } = findFineTuned(request, "deleted");
    const { pending, heldBy } = await holds.apply("delete", id);
    if (pending !== undefined) return { id, object: "model", deleted: false, held_by: heldBy, pending };
    await artifacts.remove(jobId);
    return { id, object: "model", deleted: true };
  });

  app.patch<ById>("/v1/fine_tuning/models/:model_id", async (request) => {
    const change = parse(updateModelBody, request.body, "body") as ModelChange;
    return toReply(models.update(findFineTuned(request, "updated"), change), request);
  });

  app.post<ById>("/v1/fine_tuning/models/:model_id/archive", async (request) => {
    const { id } = findFineTuned(request, "archived");
    const { pending, heldBy } = await holds.apply("archive", id);
    return pending === undefined
      ? { id, object: "model", archived: true }
      : { id, object: "model", archived: false, held_by: heldBy, pending };
  });

  app.delete<ById>("/v1/fine_tuning/models/:model_id/archive", async (request) => {
    const { id } = findFineTuned(request, "unarchived");
    models.unarchive(id);
    return { id, object: "model", archived: false };
  });
}
