import * as common from "#common";

/** A model that can be fine-tuned. */
export interface BaseModel {
  id: string;
  capabilities: (
    | "completion_chat"
    | "completion_fim"
    | "function_calling"
    | "fine_tuning"
    | "vision"
    | "classification"
  )[];
}

const CHAT: BaseModel["capabilities"] = ["completion_chat", "function_calling", "fine_tuning"];

/** What a model can do besides chat. */
const MORE: Record<string, BaseModel["capabilities"]> = {
  [common.BaseModel.Pixtral12B]: ["vision"],
  [common.BaseModel.Codestral]: ["completion_fim"],
};

/** The models that Mistral's documentation names. */
const KNOWN: readonly BaseModel[] = Object.values(common.BaseModel).map((id) => ({
  id,
  capabilities: [...CHAT, ...(MORE[id] ?? [])],
}));

/**
 * The models that are listed for clients.
 *
 * @param trainable those that can be trained; without them it is the known ones, and jobs may name any other, too
 */
export function baseModels(trainable?: readonly string[]): readonly BaseModel[] {
  return trainable?.map((id) => KNOWN.find((model) => model.id === id) ?? { id, capabilities: CHAT }) ?? KNOWN;
}
