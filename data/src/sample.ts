import { isAscii, isUtf8 } from "node:buffer";
import { checkConversation, type Role } from "./chat";
import { parseJson } from "./json";
import { checkJsonSize, type SizeLimits } from "./limits";
import { expectObject, expectText, formatForMessage, type JsonObject, SampleError } from "./values";

/** A classifier target: a name, and the labels that the classifier chooses from. */
export interface Target {
  name: string;
  labels: readonly string[];
  /** `multi_class` lets a sample have several labels; default `single_class`. */
  loss_function?: string | undefined;
}

/** The number of characters by role; `text` counts those of samples without roles. */
export type Characters = Record<Role | "text", number>;

export const noCharacters = (): Characters => ({ system: 0, user: 0, assistant: 0, tool: 0, text: 0 });

/** Adds the counts of a sample to the totals. @returns the number of characters of the sample */
export function addCharacters(totals: Characters, { system, user, assistant, tool, text }: Characters): number {
  totals.system += system;
  totals.user += user;
  totals.assistant += assistant;
  totals.tool += tool;
  totals.text += text;
  return system + user + assistant + tool + text;
}

/** The properties of a job that decide which samples are valid. */
export interface Rules extends SizeLimits {
  jobType: "completion" | "classifier";
  /** The classifier targets; empty for a completion job. */
  targets: readonly Target[];
  /** Whether images are valid, as in release 0.1.0. For data that was accepted before; default false. */
  acceptsImages?: boolean | undefined;
}

/**
 * Checks one line of a data file.
 *
 * @param bytes the line without its newline
 * @returns the number of characters of the sample, by role
 * @throws {SampleError} with the first problem
 * @example
 * checkSample(Buffer.from('{"text":"four"}'), { jobType: "completion", targets: [] }).text; // 4
 */
export function checkSample(bytes: Buffer, rules: Rules): Characters {
  const text = decodeText(bytes);
  checkJsonSize(text, rules);
  const sample = expectObject(parseJson(text), "");
  const characters = noCharacters();
  checkInput(sample, rules, characters);
  if (rules.jobType === "classifier") checkLabels(sample.labels, rules.targets);
  return characters;
}

function checkInput(sample: JsonObject, rules: Rules, characters: Characters): void {
  if (sample.messages !== undefined) {
    checkConversation(sample, rules.jobType === "completion" ? "assistant" : undefined, characters, rules);
  } else if (sample.text !== undefined) {
    characters.text = expectText(sample.text, "text").length;
  } else throw new SampleError("", 'expected "messages" or "text", found neither');
}

function checkLabels(labelsField: unknown, targets: readonly Target[]): void {
  const labels = expectObject(labelsField, "labels");
  const targetNames = namesOf(targets);
  for (const name of Object.keys(labels)) {
    if (!targetNames.has(name)) {
      throw new SampleError("labels", `${formatForMessage(name)} is not one of the job's classifier targets`);
    }
  }
  for (const { name, labels: allowed, loss_function } of targets) {
    const known = labelsOf(allowed);
    const path = `labels.${name}`;
    const value = labels[name];
    const several = loss_function === "multi_class" && Array.isArray(value);
    for (const label of several ? value : [value]) {
      if (!known.has(label)) {
        throw new SampleError(path, `expected one of the target's labels, found ${formatForMessage(label)}`);
      }
    }
  }
}

/** A list of labels can have 10,000 entries, and a sample millions of labels, so both are looked up in sets. */
const namesOf = cached((targets: readonly Target[]) => targets.map(({ name }) => name));
const labelsOf = cached((labels: readonly string[]) => labels);

/** Returns a function that creates the set of each list once. */
function cached<T extends object>(namesIn: (list: T) => Iterable<string>): (list: T) => ReadonlySet<unknown> {
  const sets = new WeakMap<T, ReadonlySet<unknown>>();
  return (list) => {
    const found = sets.get(list) ?? new Set(namesIn(list));
    sets.set(list, found);
    return found;
  };
}

/** Decodes UTF-8. Most data is ASCII, and decoding ASCII as latin1 is much faster. */
function decodeText(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  if (!isUtf8(bytes)) throw new SampleError("", "is not UTF-8");
  return bytes.toString("utf8");
}
