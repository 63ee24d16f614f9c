import type { FastifyInstance, FastifyRequest } from "fastify";
import { baseModels } from "../../domain/baseModels";
import { ApiError, UnprocessableError } from "../errors";
import { holdReply } from "../replies/holds";
import { HOLDER, holdBody, missBody } from "../schemas/holds";
import { parse } from "../schemas/parse";
import type { Services } from "../services";
import { findJob } from "./jobs";

type ByHolder = { Params: { holder: string } };

/** Extensions of the API: a hold keeps models from being archived and deleted until it ends. */
export function holdRoutes(app: FastifyInstance, services: Services): void {
  const { holds, models, jobs, artifacts, notifications, trainer } = services;
  const bases = new Set(baseModels(trainer.baseModels).map(({ id }) => id));

  const holderOf = ({ params }: FastifyRequest<ByHolder>): string => {
    if (HOLDER.test(params.holder)) return params.holder;
    throw new ApiError(400, "A holder has 1 to 128 letters, digits, dots, hyphens and underscores");
  };

  /** After a crash before this, the server removes these files at its next start. */
  const removeFiles = async (jobIds: string[]): Promise<void> => {
    await jobs.committed();
    for (const id of jobIds) await artifacts.remove(id);
  };

  app.put<ByHolder>("/v1/fine_tuning/holds/:holder", async (request) => {
    const { workspace } = request;
    const holder = holderOf(request);
    const hold = { holder, ...parse(holdBody, request.body, "body") };
    const { removed, stored } = jobs.atomically(() => {
      const held = holds.get(holder, workspace)?.models ?? [];
      for (const id of hold.models) {
        if (bases.has(id)) throw new ApiError(400, `${id} is a base model, which cannot be held`);
        if (!held.includes(id) && models.find(id, workspace) === undefined) {
          throw new ApiError(404, `There is no model ${id}`);
        }
      }
      return { removed: holds.put(hold, workspace), stored: holds.get(holder, workspace) };
    });
    await removeFiles(removed);
    return stored && holdReply(stored);
  });

  app.get<ByHolder>("/v1/fine_tuning/holds/:holder", async (request) => {
    const hold = holds.get(holderOf(request), request.workspace);
    if (hold === undefined) throw new ApiError(404, "There is no hold of this holder");
    return holdReply(hold);
  });

  app.delete<ByHolder>("/v1/fine_tuning/holds/:holder", async (request) => {
    const holder = holderOf(request);
    await removeFiles(holds.remove(holder, request.workspace));
    return { id: holder, object: "fine_tuning.hold", deleted: true };
  });

  app.post<ByHolder>("/v1/fine_tuning/holds/:holder/misses", async (request) => {
    const holder = holderOf(request);
    const { job_id: jobId, ...miss } = parse(missBody, request.body, "body");
    const job = findJob(jobs, jobId, request.workspace);
    if (miss.model !== job.fineTunedModel) {
      const msg = `Must be the model of job ${jobId}`;
      throw new UnprocessableError([{ loc: ["body", "model"], msg, type: "value_error" }]);
    }
    jobs.atomically(() => notifications.approvalMissed({ holder, ...miss }, job));
    return { object: "fine_tuning.approval_miss" };
  });
}
