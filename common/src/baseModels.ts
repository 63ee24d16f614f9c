/**
 * Base models that the fine-tuning API has offered. An open set: a server decides what it can train.
 * Source: Mistral's fine-tuning documentation.
 */
export const BaseModel = {
  Ministral3B: "ministral-3b-latest",
  Ministral8B: "ministral-8b-latest",
  OpenMistral7B: "open-mistral-7b",
  OpenMistralNemo: "open-mistral-nemo",
  MistralSmall: "mistral-small-latest",
  MistralMedium: "mistral-medium-latest",
  MistralLarge: "mistral-large-latest",
  Pixtral12B: "pixtral-12b-latest",
  Codestral: "codestral-latest",
} as const;
export type BaseModel = (typeof BaseModel)[keyof typeof BaseModel];
