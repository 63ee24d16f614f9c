import type { BaseModel } from "../../domain/baseModels";
import type { PublishedRule } from "../../domain/trainer";
import type { FineTunedModel } from "../../store/models";
import type { ArtifactReply } from "./artifact";
import { seconds } from "./time";

const MAX_CONTEXT_LENGTH = 32_768;

/** @param training an extension of the API: how the server computes steps, tokens and cost */
export function baseModelReply({ id, capabilities }: BaseModel, training: PublishedRule | undefined) {
  return {
    id,
    object: "model",
    type: "base",
    created: 0,
    owned_by: "mistralai",
    name: id,
    capabilities: capabilitiesReply(capabilities),
    max_context_length: MAX_CONTEXT_LENGTH,
    aliases: [],
    training,
  };
}

/**
 * Contains the fields of the model card (`GET`) and of the reply to an update. Both routes return the same object.
 *
 * @param heldBy who holds the model; an extension of the API
 */
export function fineTunedModelReply(model: FineTunedModel, artifact: ArtifactReply | undefined, heldBy: string[] = []) {
  return {
    id: model.id,
    object: "model",
    type: "fine-tuned",
    model_type: model.jobType,
    created: seconds(model.createdAt),
    owned_by: "self-hosted",
    workspace_id: model.workspace,
    root: model.root,
    root_version: "unknown",
    archived: model.archived,
    name: model.name,
    description: model.description,
    capabilities: capabilitiesReply(model.jobType === "classifier" ? ["classification"] : ["completion_chat"]),
    max_context_length: MAX_CONTEXT_LENGTH,
    aliases: [],
    job: model.jobId,
    artifact,
    ...(heldBy.length > 0 && { held_by: heldBy }),
    ...(model.pendingPolicy !== undefined && { pending_deletion_policy: model.pendingPolicy }),
    ...(model.jobType === "classifier" && { classifier_targets: model.classifierTargets }),
  };
}

function capabilitiesReply(capabilities: BaseModel["capabilities"]) {
  return {
    completion_chat: capabilities.includes("completion_chat"),
    completion_fim: capabilities.includes("completion_fim"),
    function_calling: capabilities.includes("function_calling"),
    fine_tuning: capabilities.includes("fine_tuning"),
    vision: capabilities.includes("vision"),
    classification: capabilities.includes("classification"),
  };
}
