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

/** The models that Mistral's documents name. */
const KNOWN: readonly BaseModel[] = [
  { id: "ministral-3b-latest", capabilities: CHAT },
  { id: "ministral-8b-latest", capabilities: CHAT },
  { id: "open-mistral-7b", capabilities: CHAT },
  { id: "open-mistral-nemo", capabilities: CHAT },
  { id: "mistral-small-latest", capabilities: CHAT },
  { id: "mistral-medium-latest", capabilities: CHAT },
  { id: "mistral-large-latest", capabilities: CHAT },
  { id: "pixtral-12b-latest", capabilities: [...CHAT, "vision"] },
  { id: "codestral-latest", capabilities: [...CHAT, "completion_fim"] },
];

/**
 * The models that are listed for clients.
 *
 * @param trainable those that can be trained; without them it is the known ones, and jobs may name any other, too
 */
export function baseModels(trainable?: readonly string[]): readonly BaseModel[] {
  return trainable?.map((id) => KNOWN.find((model) => model.id === id) ?? { id, capabilities: CHAT }) ?? KNOWN;
}
