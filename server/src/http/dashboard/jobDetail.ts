import { isTerminal } from "#common";
import type { DashboardFile, DashboardJob, DashboardJobDetail } from "#common/dashboard";
import type { Job } from "../../domain/job";
import { canBecome } from "../../domain/status";
import { omitUndefined } from "../../omitUndefined";
import { artifactReply } from "../replies/artifact";
import type { Services } from "../services";

type Detail = Omit<DashboardJobDetail, keyof DashboardJob>;
type Stores = Pick<Services, "files" | "holds" | "models" | "artifacts" | "sampleAnswers" | "trainers">;

/** Returns what the page of a job shows besides the list's row and the API's own reply. */
export function jobDetail(job: Job, stores: Stores): Detail {
  const hasTrainer = stores.trainers.has(job.trainer);
  return {
    files: [
      ...job.spec.training_files.map(({ file_id, weight }) =>
        fileOf(job, file_id, "training", stores, weight === DEFAULT_WEIGHT ? undefined : weight),
      ),
      ...job.spec.validation_files.map((id) => fileOf(job, id, "validation", stores)),
    ],
    can_start: job.status === "VALIDATED" && hasTrainer,
    can_cancel: canBecome(job.status, "CANCELLATION_REQUESTED")
      ? hasTrainer
      : canBecome(job.status, "CANCELLED") && job.status !== "CANCELLATION_REQUESTED",
    ...modelOf(job, stores),
    has_samples: isTerminal(job.status) && stores.sampleAnswers.has(job),
  };
}

/** The server does not store whether a job sets it. */
const DEFAULT_WEIGHT = 1;

function fileOf(
  { workspace }: Job,
  id: string,
  role: DashboardFile["role"],
  { files }: Stores,
  weight?: number,
): DashboardFile {
  const file = files.find(id, workspace);
  return {
    id,
    role,
    ...omitUndefined({
      filename: file?.filename,
      bytes: file?.bytes,
      num_lines: file?.num_lines,
      sha256: file?.sha256,
      weight,
    }),
  };
}

function modelOf(
  { id: jobId, fineTunedModel }: Job,
  { models, holds, artifacts }: Stores,
): Pick<Detail, "held_by" | "model_archived" | "artifact_path"> {
  const model = fineTunedModel === undefined ? undefined : models.get(fineTunedModel);
  if (model === undefined) return { held_by: [] };
  // Without the slash, so that it is relative to the page, too.
  const path = artifacts.has(jobId) ? artifactReply(model, "")?.url.slice(1) : undefined;
  return {
    held_by: holds.heldBy(model.id),
    model_archived: model.archived,
    ...(path !== undefined && { artifact_path: path }),
  };
}
