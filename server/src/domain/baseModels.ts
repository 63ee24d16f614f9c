import * as common from "#common";

/** A model that jobs can fine-tune. */
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

/** Capabilities that a model has in addition to chat. */
const EXTRA_CAPABILITIES: Record<string, BaseModel["capabilities"]> = {
  [common.BaseModel.Pixtral12B]: ["vision"],
  [common.BaseModel.Codestral]: ["completion_fim"],
};

/** The models in Mistral's documentation. */
const KNOWN: readonly BaseModel[] = Object.values(common.BaseModel).map((id) => ({
  id,
  capabilities: [...CHAT, ...(EXTRA_CAPABILITIES[id] ?? [])],
}));

/** Whether jobs of a trainer can name this model. @param trainable see `baseModels` */
export function isBaseModel(id: string, trainable?: readonly string[]): boolean {
  return baseModels(trainable).some((model) => model.id === id);
}

/**
 * Returns the base models that `GET /v1/models` lists.
 *
 * @param trainable the models that the trainer supports. Undefined: the trainer accepts any model, and the list holds
 * the models that Mistral documents.
 */
export function baseModels(trainable?: readonly string[]): readonly BaseModel[] {
  return trainable?.map((id) => KNOWN.find((model) => model.id === id) ?? { id, capabilities: CHAT }) ?? KNOWN;
}
