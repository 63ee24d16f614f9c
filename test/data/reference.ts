import { createHash } from "node:crypto";
import { z } from "zod";
import type { Rules } from "../../data/src";

/**
 * A second implementation of the rules for training data, to compare with. It is simple instead of fast: it keeps the whole file
 * in memory, and uses zod schemas and regular expressions.
 */
export function reference(content: Buffer, rules: Rules) {
  const lines = content.toString("latin1").split("\n");
  const noFinalNewline = lines.at(-1) !== "";
  if (!noFinalNewline) lines.pop();
  const byteOrderMark = lines[0]?.startsWith("\xef\xbb\xbf") ?? false;
  if (byteOrderMark) lines[0] = (lines[0] as string).slice(3);

  const numbered = lines.map((line, index) => ({
    number: index + 1,
    line,
    text: line.replace(/^[ \t\r]+|[ \t\r]+$/g, ""),
  }));
  const filled = numbered.filter(({ text }) => text !== "");
  const good = filled.filter(({ text }) => isGood(text, rules));
  const repeated = good.filter(({ text }, index) => good.findIndex((other) => other.text === text) < index);
  return {
    bytes: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
    validSamples: good.length,
    badLines: filled.filter((each) => !good.includes(each)).map(({ number }) => number),
    characters: total(good.map(({ text }) => charactersOf(parsed(text)))),
    byteOrderMark,
    noFinalNewline,
    crlf: numbered.filter(({ line }) => line.endsWith("\r")).map(({ number }) => number),
    blank: numbered.filter(({ text }) => text === "").map(({ number }) => number),
    duplicates: repeated.map(({ number }) => number),
  };
}

function isGood(latin1: string, rules: Rules): boolean {
  try {
    const sample = parsed(latin1);
    if (rules.jobType === "classifier") labels(rules).parse(sample.labels);
    if (sample.messages === undefined) text.parse(sample.text);
    else isConversation(conversation.parse(sample), rules.jobType);
    return true;
  } catch {
    return false;
  }
}

function parsed(latin1: string) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(latin1, "latin1"));
  return z.looseObject({}).parse(JSON.parse(text));
}

const text = z.string().regex(/\S/);
const textChunk = z.object({ type: z.literal("text"), text });
const thinkingChunk = z.object({
  type: z.literal("thinking"),
  thinking: z.union([text, z.array(textChunk).min(1)]),
  closed: z.boolean().optional(),
});
const content = z.union([text, z.array(textChunk).min(1)]);
const thoughtful = z.union([content, z.array(z.union([textChunk, thinkingChunk])).min(1)]);
const object = z.custom((value) => typeof value === "object" && value !== null && !Array.isArray(value));
const functionType = z.literal("function").nullish();
const call = z.object({
  id: z.string().regex(/^[a-zA-Z0-9]{9}$/),
  type: functionType,
  function: z.object({ name: z.string(), arguments: text.refine((json) => object.parse(JSON.parse(json))) }),
});
const calls = z.array(call).min(1);
const message = z.union([
  z.object({ role: z.literal("user"), content }),
  z.object({ role: z.literal("system"), content: thoughtful }),
  z.object({ role: z.literal("tool"), content, tool_call_id: z.string() }),
  z.object({
    role: z.literal("assistant"),
    content: z.union([thoughtful, z.literal(""), z.null()]).optional(),
    tool_calls: calls,
    weight: z.union([z.literal(0), z.literal(1)]).nullish(),
  }),
  z.object({
    role: z.literal("assistant"),
    content: thoughtful,
    tool_calls: z.null().optional(),
    weight: z.union([z.literal(0), z.literal(1)]).nullish(),
  }),
]);
const tool = z.object({
  type: functionType,
  function: z.object({ name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/), parameters: object.optional() }),
});
const conversation = z.object({ messages: z.array(message).min(1), tools: z.array(tool).min(1).nullish() });

/**
 * The order of roles, each written as its first letter; `c` is an assistant message with tool calls. A conversation is a list of
 * turns. A turn is a user message, any number of calls with their answers, and an assistant message. The last message may be a call.
 */
const COMPLETE = /^s?(u(ct+)*a)*u(ct+)*[ac]$/;
/** The input of a classifier may also be only the beginning of a conversation. */
const BEGUN = /^s?(u(ct+)*a)*(u(ct+)*c?)?$/;

function isConversation({ messages, tools }: z.infer<typeof conversation>, jobType: Rules["jobType"]): void {
  const order = messages.map((each) => ("tool_calls" in each && each.tool_calls ? "c" : each.role[0])).join("");
  must((jobType === "completion" ? COMPLETE : BEGUN).test(order) || (jobType === "classifier" && COMPLETE.test(order)));
  for (const [index, each] of messages.entries()) {
    if (!("tool_calls" in each) || !each.tool_calls) continue;
    const names = (tools ?? []).map((tool) => tool.function.name);
    must(each.tool_calls.every((call) => names.includes(call.function.name)));
    const ids = each.tool_calls.map(({ id }) => id);
    const answers = (/^t*/.exec(order.slice(index + 1)) as RegExpExecArray)[0].length;
    const answered = messages
      .slice(index + 1, index + 1 + answers)
      .map((each) => (each as { tool_call_id: string }).tool_call_id);
    must(new Set(ids).size === ids.length && new Set(answered).size === answered.length);
    must(answered.every((id) => ids.includes(id)));
    must(answered.length === ids.length || index + 1 + answers === messages.length);
  }
}

function must(condition: boolean): void {
  if (!condition) throw new Error("the conversation is invalid");
}

function labels({ targets }: Rules) {
  const of = ({ labels, loss_function }: Rules["targets"][number]) =>
    loss_function === "multi_class" ? z.union([z.enum(labels), z.array(z.enum(labels))]) : z.enum(labels);
  return z.strictObject(Object.fromEntries(targets.map((target) => [target.name, of(target)])));
}

type Characters = Record<string, number>;

function charactersOf(sample: Record<string, unknown>): Characters {
  if (sample.messages === undefined) return { text: (sample.text as string).length };
  const { messages } = conversation.parse(sample);
  return total(
    messages.map((each) => {
      const texts = [each.content ?? []].flat().flatMap(textsOf);
      const toolCalls = ("tool_calls" in each && each.tool_calls) || [];
      const args = toolCalls.map((call) => call.function.arguments);
      return { [each.role]: [...texts, ...args].join("").length };
    }),
  );
}

/** Returns the texts of a message's content, of a chunk or of a chunk's thinking. */
function textsOf(part: string | z.infer<typeof textChunk> | z.infer<typeof thinkingChunk>): string[] {
  if (typeof part === "string") return [part];
  return "text" in part ? [part.text] : [part.thinking].flat().flatMap(textsOf);
}

/** Adds up the counts by role, and leaves out the roles without any characters. */
function total(all: Characters[]): Characters {
  const sum: Characters = {};
  for (const [role, count] of all.flatMap((each) => Object.entries(each))) sum[role] = (sum[role] ?? 0) + count;
  return Object.fromEntries(Object.entries(sum).filter(([, count]) => count > 0));
}
