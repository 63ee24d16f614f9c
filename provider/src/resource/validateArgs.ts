import * as pulumi from "@pulumi/pulumi";
import { InputProblem, pathText } from "../inputs/problem";
import { timeoutsInSeconds } from "../inputs/timeouts";
import type { FineTuningJobArgs } from "./types.generated";

/** Deeper than anybody writes; Pulumi's SDK walks values by recursion, and overflows the stack some way further down. */
const MAX_DEPTH = 100;

/**
 * Refuses what Pulumi's SDK or engine would itself fail on, or silently turn into nothing, before `check` can say anything.
 *
 * @throws RunError, which Pulumi prints without a stack trace
 */
export function validateArgs(name: string, args: FineTuningJobArgs, opts: pulumi.CustomResourceOptions): void {
  try {
    if (typeof args !== "object" || args === null) throw new InputProblem("", "expected the inputs as an object");
    assertPlainData(args, []);
    timeoutsInSeconds({ ...opts.customTimeouts });
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    throw new pulumi.RunError(`FineTuningJob ${name}: ${error.message}`);
  }
}

/** @param ancestors the objects and lists that hold this value, from the outside in */
function assertPlainData(
  value: unknown,
  path: PropertyKey[],
  ancestors: unknown[] = [],
  visited = new Set<unknown>(),
): void {
  const refuse = (got: string) => {
    throw new InputProblem(pathText(path), `expected plain data, got ${got}`);
  };
  if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
    refuse(`a ${typeof value}`);
  }
  if (typeof value !== "object" || value === null || visited.has(value) || isPulumiValue(value)) return;
  // "[object Date]": Pulumi sends these as empty objects, so that a change of them would go unnoticed.
  const kind = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (kind !== "Object" && kind !== "Array") refuse(`a ${kind}`);
  if (ancestors.includes(value)) refuse("a value that contains itself");
  if (ancestors.length === MAX_DEPTH) refuse(`more than ${MAX_DEPTH} levels`);
  for (const [key, item] of Object.entries(value)) {
    assertPlainData(item, [...path, Array.isArray(value) ? Number(key) : key], [...ancestors, value], visited);
  }
  visited.add(value);
}

/** What Pulumi's SDK knows how to send, or waits for. */
const isPulumiValue = (value: object) =>
  pulumi.Output.isInstance(value) ||
  value instanceof Promise ||
  pulumi.Resource.isInstance(value) ||
  pulumi.asset.Asset.isInstance(value) ||
  pulumi.asset.Archive.isInstance(value);
