import { isAscii, isUtf8 } from "node:buffer";
import { checkConversation, type Role } from "./chat";
import { parseJson } from "./json";
import { expectObject, expectText, type JsonObject, SampleError, shown } from "./values";

/** What a classifier learns to tell apart. */
export interface Target {
  name: string;
  labels: readonly string[];
  /** `multi_class` lets a sample have several labels; default `single_class`. */
  loss_function?: string | undefined;
}

/** Characters by the role that says them; `text` for samples without roles. */
export type Characters = Record<Role | "text", number>;

export const noCharacters = (): Characters => ({ system: 0, user: 0, assistant: 0, tool: 0, text: 0 });

/** @returns how many were added to the totals */
export function addCharacters(totals: Characters, { system, user, assistant, tool, text }: Characters): number {
  totals.system += system;
  totals.user += user;
  totals.assistant += assistant;
  totals.tool += tool;
  totals.text += text;
  return system + user + assistant + tool + text;
}

/** What decides which samples are good: the kind of job, and for a classifier what it has to tell apart. */
export interface Rules {
  jobType: "completion" | "classifier";
  targets: readonly Target[];
}

/**
 * Checks one line of a data file.
 *
 * @returns the characters of the sample
 * @throws {SampleError} with the first thing that is wrong
 */
export function checkSample(bytes: Buffer, rules: Rules): Characters {
  const sample = expectObject(parseJson(decodeText(bytes)), "");
  const characters = noCharacters();
  checkInput(sample, rules.jobType, characters);
  if (rules.jobType === "classifier") checkLabels(sample.labels, rules.targets);
  return characters;
}

function checkInput(sample: JsonObject, jobType: Rules["jobType"], characters: Characters): void {
  if (sample.messages !== undefined) {
    checkConversation(sample, jobType === "completion" ? "assistant" : undefined, characters);
  } else if (sample.text !== undefined) {
    characters.text = expectText(sample.text, "text").length;
  } else throw new SampleError("", 'expected "messages" or "text", found neither');
}

function checkLabels(value: unknown, targets: readonly Target[]): void {
  const labels = expectObject(value, "labels");
  for (const name of Object.keys(labels)) {
    if (!targets.some((target) => target.name === name)) {
      throw new SampleError("labels", `${shown(name)} is not one of the job's classifier targets`);
    }
  }
  for (const { name, labels: known, loss_function } of targets) {
    const path = `labels.${name}`;
    const given = labels[name];
    const several = loss_function === "multi_class" && Array.isArray(given);
    for (const label of several ? given : [given]) {
      if (!known.includes(label)) {
        throw new SampleError(path, `expected one of the target's labels, found ${shown(label)}`);
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
