import { pathText } from "../../../inputs/problem";
import { isWithin, unknownPaths } from "../../../inputs/unknowns";
import { inputMessage } from "../../../inputs/validation/messages";
import { providerSchema } from "../../../schema/config";
import type { Configuration } from "../host";
import type { Properties } from "../wire";

/** Paths of the secrets in the provider's configuration. */
export const SECRET_CONFIGURATION = Object.entries(providerSchema.shape)
  .filter(([, schema]) => schema.meta()?.secret)
  .map(([name]) => [name]);

/** Returns a message for each invalid value, such as `mistral:maxRetries: expected a number`. Ignores unknown values of a preview. */
export function configurationProblems(values: Properties): string[] {
  const unknown = unknownPaths(values);
  const { error } = providerSchema.safeParse(values, { error: inputMessage });
  const issues = (error?.issues ?? []).filter(({ path }) => !isWithin(path, unknown));
  return issues.map(({ path, message }) => `mistral:${pathText(path)}: ${message}`);
}

/** Converts the provider's inputs to the form of a stack's configuration: every value is a text, a structured one as JSON. */
export function configurationOf(values: Properties): Configuration {
  const texts = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]);
  return Object.fromEntries(texts);
}

/** Returns the names of the values that differ. */
export function changedConfiguration(old: Properties, now: Properties): string[] {
  const before = configurationOf(old);
  const after = configurationOf(now);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);
}
