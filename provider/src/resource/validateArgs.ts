import * as pulumi from "@pulumi/pulumi";
import { InputProblem, pathText } from "../inputs/problem";
import { timeoutsInSeconds } from "../inputs/timeouts";

/** Maximum nesting of the inputs. Pulumi's SDK is recursive and overflows the stack at a greater depth. */
const MAX_DEPTH = 100;

/**
 * Rejects inputs that make Pulumi's SDK or engine fail, and inputs that Pulumi drops without an error. Runs before `check`.
 *
 * @throws RunError, which Pulumi prints without a stack trace
 */
export function validateArgs(type: string, name: string, args: object, opts: pulumi.CustomResourceOptions): void {
  try {
    if (typeof args !== "object" || args === null) throw new InputProblem("", "expected the inputs as an object");
    assertPlainData(args, []);
    timeoutsInSeconds({ ...opts.customTimeouts });
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    throw new pulumi.RunError(`${type} ${name}: ${error.message}`);
  }
}

/** @param ancestors the objects and lists that contain this value, outermost first */
function assertPlainData(
  value: unknown,
  path: PropertyKey[],
  ancestors: unknown[] = [],
  visited = new Set<unknown>(),
): void {
  const reject = (got: string) => {
    throw new InputProblem(pathText(path), `expected plain data, got ${got}`);
  };
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
    reject(`a ${typeof value}`);
  }
  if (typeof value !== "object" || value === null || visited.has(value) || isPulumiValue(value)) return;
  // Pulumi sends class instances, such as a Date ("[object Date]"), as empty objects, so their changes would be lost.
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (kind !== "Object" && kind !== "Array") reject(`a ${kind}`);
  if (ancestors.includes(value)) reject("a value that contains itself");
  if (ancestors.length === MAX_DEPTH) reject(`more than ${MAX_DEPTH} levels`);
  for (const [key, item] of Object.entries(value)) {
    assertPlainData(item, [...path, Array.isArray(value) ? Number(key) : key], [...ancestors, value], visited);
  }
  visited.add(value);
}

/** Whether Pulumi's SDK can serialize or await the value. */
const isPulumiValue = (value: object) =>
  pulumi.Output.isInstance(value) ||
  value instanceof Promise ||
  pulumi.Resource.isInstance(value) ||
  pulumi.asset.Asset.isInstance(value) ||
  pulumi.asset.Archive.isInstance(value);
