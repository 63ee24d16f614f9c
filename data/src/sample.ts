import { isAscii, isUtf8 } from "node:buffer";
import { checkConversation, type Role } from "./chat";
import { describe, expectObject, expectText, type JsonObject, SampleError } from "./values";

/** What a classifier learns to tell apart. */
export interface Target {
  name: string;
  labels: readonly string[];
  /** `multi_class` lets a sample have several labels; default `single_class`. */
  loss_function?: string | undefined;
}

/** Characters by the role that says them; `text` for samples without roles. */
export type Characters = Partial<Record<Role | "text", number>>;

/** What decides which samples are good: the kind of job, and for a classifier what it has to tell apart. */
export interface Rules {
  jobType: "completion" | "classifier";
  targets: readonly Target[];
}

/**
 * Checks one line of a data file.
 *
 * @param totals gets the characters of a good sample added
 * @returns the number of characters in the sample
 * @throws {SampleError} with the first thing that is wrong
 */
export function checkSample(bytes: Buffer, rules: Rules, totals: Characters = {}): number {
  const sample = expectObject(parseJson(decodeText(bytes)), "");
  const characters: Characters = {};
  checkInput(sample, rules.jobType, characters);
  if (rules.jobType === "classifier") {
    checkLabels(sample.labels, rules.targets);
  }
  let sum = 0;
  for (const [role, count] of Object.entries(characters) as [Role, number][]) {
    totals[role] = (totals[role] ?? 0) + count;
    sum += count;
  }
  return sum;
}

function checkInput(sample: JsonObject, jobType: Rules["jobType"], characters: Characters): void {
  if ("messages" in sample) {
    checkConversation(sample, jobType === "completion" ? "assistant" : undefined, characters);
  } else if ("text" in sample) {
    characters.text = expectText(sample.text, "text").length;
  } else throw new SampleError("", 'expected "messages" or "text", found neither');
}

function checkLabels(value: unknown, targets: readonly Target[]): void {
  const labels = expectObject(value, "labels");
  for (const name of Object.keys(labels)) {
    if (!targets.some((target) => target.name === name)) {
      throw new SampleError(`labels.${name}`, "is not one of the job's classifier targets");
    }
  }
  for (const target of targets) {
    const path = `labels.${target.name}`;
    const given = labels[target.name];
    const chosen = target.loss_function === "multi_class" && Array.isArray(given) ? given : [given];
    for (const label of chosen) {
      if (typeof label !== "string" || !target.labels.includes(label)) {
        throw new SampleError(path, `expected one of the target's labels, found ${describe(label)}`);
      }
    }
  }
}

/** Most data is ASCII, which is read much faster as the one-byte text that it is. */
function decodeText(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!isUtf8(bytes)) throw new SampleError("", "is not UTF-8");
  return bytes.toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SampleError("", `is not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
}
