import type { ClassifierTarget } from "../schemas/jobs";
import { checkConversation } from "./chat";
import { describe, expectObject, expectText, type JsonObject, SampleError } from "./values";

/** What decides which samples are good: the kind of job, and for a classifier what it has to tell apart. */
export interface Rules {
  jobType: "completion" | "classifier";
  targets: ClassifierTarget[];
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Checks one line of a data file.
 *
 * @returns the number of characters to train on
 * @throws {SampleError} with the first thing that is wrong
 */
export function checkSample(bytes: Buffer, rules: Rules): number {
  const sample = expectObject(parseJson(decodeText(bytes)), "");
  const characters = checkInput(sample, rules.jobType);
  if (rules.jobType === "classifier") {
    checkLabels(sample.labels, rules.targets);
  }
  return characters;
}

function checkInput(sample: JsonObject, jobType: Rules["jobType"]): number {
  if ("messages" in sample) {
    return checkConversation(sample, jobType === "completion" ? "assistant" : undefined);
  }
  if ("text" in sample) {
    return expectText(sample.text, "text").length;
  }
  throw new SampleError("", 'expected "messages" or "text", found neither');
}

function checkLabels(value: unknown, targets: ClassifierTarget[]): void {
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

function decodeText(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new SampleError("", "is not UTF-8");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SampleError("", `is not JSON: ${(error as Error).message.slice(0, 100)}`);
  }
}
