import { createHash } from "node:crypto";
import { stringify } from "safe-stable-stringify";
import { inputsSchema } from "../schema/inputs";
import { hasUnknown, UNKNOWN } from "./unknowns";

/** Goes up when what an identity is made of changes; older states keep the identity that they hold. */
export const IDENTITY_VERSION = 1;

/** What shapes a training, as far as the user set it: the part of the inputs that is compared and hashed. */
export type Shape = Record<string, unknown>;

/** Inputs that replace but do not shape the training: the suffix only names it, and `adopt` is read once. */
const NOT_SHAPING = new Set(["suffix", "adopt"]);

export const shapingInputs: string[] = Object.entries(inputsSchema.shape)
  .filter(([name, schema]) => schema.meta()?.change === "replace" && !NOT_SHAPING.has(name))
  .map(([name]) => name);

/**
 * Fields inside the shaping inputs that shape nothing. A file counts by its content, never by its path; an integration by its
 * project; credentials never count.
 */
const IGNORED_FIELDS: Record<string, string[]> = {
  trainingFiles: ["path", "asset", "bytes", "samples"],
  validationFiles: ["path", "asset", "bytes", "samples"],
  integrations: ["name", "runName", "apiKey"],
  repositories: ["token"],
};

export function shapeOf(inputs: Record<string, unknown>): Shape {
  const shape: Shape = {};
  for (const name of shapingInputs) {
    const value = inputs[name];
    if (!isEmpty(value)) shape[name] = Array.isArray(value) ? value.map((item) => shapeOfItem(name, item)) : value;
  }
  return shape;
}

/** An empty list or object is the same as none. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function shapeOfItem(name: string, item: unknown): unknown {
  if (name === "triggers" || typeof item !== "object" || item === null) return item;
  const ignored = IGNORED_FIELDS[name] ?? [];
  // The API takes a missing weight as 1, so writing it out must not train again.
  return Object.fromEntries(
    Object.entries(item).filter(([key, value]) => !ignored.includes(key) && !(key === "weight" && value === 1)),
  );
}

/** The names of the inputs in which two shapes differ. */
export function changedInputs(old: Shape, now: Shape): string[] {
  return shapingInputs.filter((name) => stringify(old[name]) !== stringify(now[name]));
}

/**
 * SHA-256 in hex over the organization, the URN and the shape: the same declaration is the same training, in every process
 * and on every machine.
 */
export function identityOf(organization: string, urn: string, inputs: Record<string, unknown>): string {
  if (shapingInputs.some((name) => hasUnknown(inputs[name]))) return UNKNOWN;
  const text = stringify([IDENTITY_VERSION, organization, urn, shapeOf(inputs)]) as string;
  return createHash("sha256").update(text).digest("hex");
}

/** The suffix of a job whose user set none: `<resource name, cut to 10>-<7 hex of the identity>`, at most 18 characters. */
export function automaticSuffix(urn: string, identity: string): string {
  if (identity === UNKNOWN) return UNKNOWN;
  const name = urn.slice(urn.lastIndexOf("::") + 2);
  return `${name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "-")
    .slice(0, 10)}-${identity.slice(0, 7)}`;
}
