import { redact, visibleText } from "#common";
import type { Inputs } from "../../schema/inputs";
import { withoutKeys } from "../connection/knownKeys";
import { secretsOf } from "./redaction";

/** A shorter key of the stack's config or of the environment, such as `mistral`, may be part of a URL or of a model's name. */
const SHORTEST_KEY_IN_NAMES = 16;

/**
 * Cleans free text of a server: removes control characters first, because they could split a key, then redacts the resource's
 * credentials and the API keys of this process.
 */
export const cleanText = (text: string, inputs: Credentials): string =>
  withoutKeys(redact(visibleText(text), secretsOf(inputs)));

/** Like `cleanText`, for text that may contain a short key by chance: a URL, a name or a suffix. */
export const cleanName = (text: string, inputs: Credentials): string =>
  withoutKeys(redact(visibleText(text), secretsOf(inputs)), SHORTEST_KEY_IN_NAMES);

/** Applies `cleanText` to every text of a JSON value, including the keys of objects. */
export function cleanValue(value: unknown, inputs: Credentials): unknown {
  if (typeof value === "string") return cleanText(value, inputs);
  if (Array.isArray(value)) return value.map((each) => cleanValue(each, inputs));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [cleanText(key, inputs), cleanValue(each, inputs)]),
  );
}

type Credentials = Partial<Pick<Inputs, "connection" | "integrations" | "repositories">>;
