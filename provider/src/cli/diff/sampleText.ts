import { stringify } from "safe-stable-stringify";
import { checkSample, type Rules } from "#data";
import { visible } from "../marks";
import { piecesOf, type Sample } from "../pieces";

/** The texts that decide how a sample is matched. */
export interface KeyTexts {
  content: string;
  prompt: string;
  answer: string;
}

/** Texts without messages are matched by this number of characters at their beginning and their end. */
const KEY_CHARACTERS = 64;

/** Returns a line as text, without a byte order mark and surrounding white space. */
export const textOf = (line: Buffer): string =>
  line
    .toString()
    .replace(/^\uFEFF/, "")
    .trim();

/** Returns the parsed line, or undefined when it is not valid JSON. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Returns rules that accept every label, because the comparison does not know the job's targets. */
export function rulesOf(sample: unknown): Rules {
  const labels: unknown = (sample as Partial<Sample> | null)?.labels;
  if (typeof labels !== "object" || labels === null) return { jobType: "completion", targets: [] };
  const targets = Object.entries(labels).map(([name, value]) => ({
    name,
    labels: [value].flat(),
    loss_function: "multi_class",
  }));
  return { jobType: "classifier", targets };
}

export function keyTextsOf(sample: unknown, line: string): KeyTexts {
  const { messages, text } = (sample ?? {}) as Partial<Sample>;
  const content = canonical(sample) ?? line;
  if (Array.isArray(messages)) {
    const prompt = messages.find((message) => message?.role === "user") ?? messages[0];
    return { content, prompt: canonical(prompt?.content) ?? "", answer: canonical(messages.at(-1)) ?? "" };
  }
  const shown = typeof text === "string" ? text : content;
  return { content, prompt: shown.slice(0, KEY_CHARACTERS), answer: shown.slice(-KEY_CHARACTERS) };
}

/** Returns the value as JSON with sorted keys; undefined when there is none, or when it is nested too deeply. */
function canonical(value: unknown): string | undefined {
  try {
    return stringify(value);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Returns a sample as readable text, one line per message. Invalid samples are returned as they are. */
export function readableText(line: string): string {
  try {
    const sample = JSON.parse(line);
    const rules = rulesOf(sample);
    checkSample(Buffer.from(line), rules);
    return visible(
      piecesOf(sample, rules.jobType)
        .map(({ text }) => text)
        .join(""),
    );
  } catch {
    return visible(line);
  }
}

/** Returns all fields of a sample, for samples that differ in a field that the readable text leaves out. */
export function allFields(line: string): string {
  return visible(stringify(parseLine(line) ?? line, undefined, 2) ?? line);
}
