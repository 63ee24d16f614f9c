import { createHash } from "node:crypto";
import { stringify } from "safe-stable-stringify";
import { inputsSchema } from "../schema/inputs";
import { withFileHashes } from "./data/files";
import { hasUnknown, UNKNOWN } from "./unknowns";

/** Version of the identity's format. Increase it when the hashed values change; existing states keep their identity. */
export const IDENTITY_VERSION = 1;

/** The inputs set by the user that determine the training: the values that are compared and hashed. */
export type Shape = Record<string, unknown>;

/** Inputs that replace the job but are not part of the identity: the suffix only names the model, and `adopt` is read once. */
const NOT_SHAPING = new Set(["suffix", "adopt"]);

export const shapingInputs: string[] = Object.entries(inputsSchema.shape)
  .filter(([name, schema]) => schema.meta()?.change === "replace" && !NOT_SHAPING.has(name))
  .map(([name]) => name);

/**
 * Fields of the shaping inputs that do not affect the training. A file is identified by its content and not by its path, and an
 * integration by its project. Credentials are ignored.
 */
const IGNORED_FIELDS: Record<string, string[]> = {
  trainingFiles: ["path", "asset", "bytes", "samples"],
  validationFiles: ["path", "asset", "bytes", "samples"],
  integrations: ["name", "runName", "apiKey"],
  repositories: ["token"],
};

export function shapeOf(inputs: Record<string, unknown>): Shape {
  const shape: Shape = {};
  const hashed = withFileHashes(inputs);
  for (const name of shapingInputs) {
    const value = hashed[name];
    if (!isEmpty(value)) shape[name] = Array.isArray(value) ? value.map((item) => shapeOfItem(name, item)) : value;
  }
  return shape;
}

/** An empty list or object is equal to an unset value. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function shapeOfItem(name: string, item: unknown): unknown {
  if (name === "triggers" || typeof item !== "object" || item === null) return item;
  const ignored = IGNORED_FIELDS[name] ?? [];
  // The API's default weight is 1, so setting it explicitly must not retrain.
  return Object.fromEntries(
    Object.entries(item).filter(([key, value]) => !ignored.includes(key) && !(key === "weight" && value === 1)),
  );
}

/** Returns the names of the inputs that differ. */
export function changedInputs(old: Shape, now: Shape): string[] {
  return shapingInputs.filter((name) => stringify(old[name]) !== stringify(now[name]));
}

/**
 * Returns the identity of a resource's job: the SHA-256 in hex over the organization, the URN and the shape. The same inputs of the
 * same resource have the same identity in every process and on every machine. Returns `UNKNOWN` while an input is unknown.
 */
export function identityOf(organization: string, urn: string, inputs: Record<string, unknown>): string {
  if (shapingInputs.some((name) => hasUnknown(inputs[name]))) return UNKNOWN;
  const text = stringify([IDENTITY_VERSION, organization, urn, shapeOf(inputs)]) as string;
  return createHash("sha256").update(text).digest("hex");
}

/** Returns the default suffix: `<resource name, cut to 10>-<7 hex digits of the identity>`, at most 18 characters. */
export function automaticSuffix(urn: string, identity: string): string {
  if (identity === UNKNOWN) return UNKNOWN;
  const name = urn.slice(urn.lastIndexOf("::") + 2);
  return `${name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "-")
    .slice(0, 10)}-${identity.slice(0, 7)}`;
}
