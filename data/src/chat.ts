import type { SizeLimits } from "./limits";
import type { Rules } from "./sample";
import { checkCalls, definedFunctions, UnansweredToolCalls } from "./toolCalls";
import {
  checkEach,
  expectObject,
  expectOneOf,
  expectText,
  formatForMessage,
  type JsonObject,
  kindOf,
  SampleError,
} from "./values";

const ROLES = ["system", "user", "assistant", "tool"] as const;
export type Role = (typeof ROLES)[number];

/**
 * The roles that may come first, and the roles that may follow each role. After tool calls only `tool` messages may follow,
 * until every call has an answer.
 */
const ALLOWED_NEXT_ROLES: Record<Role | "start", readonly Role[]> = {
  start: ["system", "user"],
  system: ["user"],
  user: ["assistant"],
  assistant: ["user"],
  tool: ["assistant"],
};
const ONLY_TOOL: readonly Role[] = ["tool"];

/**
 * The types of content chunks by role. Whether a model's tokenizer version has thinking is checked by the training program while
 * the job is VALIDATING.
 */
const CHUNK_TYPES: Record<Role, readonly string[]> = {
  system: ["text", "thinking"],
  user: ["text"],
  assistant: ["text", "thinking"],
  tool: ["text"],
};
const IMAGE_TYPES: readonly unknown[] = ["image_url", "image"];

/**
 * Checks a conversation: an instruct sample, a function-calling sample, or the input of a classifier.
 *
 * @param lastRole the role that the last message must have; undefined for a classifier, whose input may end with any role
 * @param characters the function adds the number of characters of each message to its role's total
 */
export function checkConversation(
  sample: JsonObject,
  lastRole: Role | undefined,
  characters: Record<Role, number>,
  rules: Pick<Rules, "acceptsImages" | keyof SizeLimits>,
): void {
  const { acceptsImages = false } = rules;
  const functions = definedFunctions(sample.tools);
  const unanswered = new UnansweredToolCalls();
  let previous: Role | undefined;
  checkEach(sample.messages, "messages", (each) => {
    const message = expectObject(each, "");
    const role = expectOneOf(message.role, ROLES, "role");
    checkOrder(role, previous, unanswered.size > 0 ? ONLY_TOOL : ALLOWED_NEXT_ROLES[previous ?? "start"]);
    previous = role;
    if (role === "tool") unanswered.answer(message.tool_call_id);
    if (role !== "assistant") {
      characters[role] += checkContent(message.content, role, acceptsImages);
      return;
    }
    const { content, tool_calls: calls, weight } = message;
    expectOneOf(weight ?? 1, [0, 1], "weight");
    const hasNoCalls = calls === undefined || calls === null;
    // A message with tool calls needs no content.
    if (hasNoCalls || (content ?? "") !== "") characters.assistant += checkContent(content, role, acceptsImages);
    if (!hasNoCalls) characters.assistant += checkCalls(calls, functions, unanswered, rules);
  });
  if (lastRole !== undefined && previous !== lastRole) {
    const last = (sample.messages as unknown[]).length - 1;
    throw new SampleError(`messages[${last}].role`, `the last message must be of role "${lastRole}"`);
  }
}

function checkOrder(role: Role, previous: Role | undefined, expected: readonly Role[]): void {
  if (expected.includes(role)) return;
  const names = expected.map((each) => `"${each}"`).join(" or ");
  const after = previous === undefined ? "at the start" : `after "${previous}"`;
  throw new SampleError("role", `expected ${names} ${after}, found "${role}"`);
}

/**
 * Checks the content of a message: text, or a list of chunks.
 *
 * @returns the number of characters of its text and of its thinking
 */
function checkContent(content: unknown, role: Role, acceptsImages: boolean): number {
  if (!Array.isArray(content)) return expectText(content, "content").length;
  let characters = 0;
  checkEach(content, "content", (each) => {
    const { type, text, thinking, closed } = expectObject(each, "");
    if (IMAGE_TYPES.includes(type)) {
      if (acceptsImages) return;
      throw new SampleError("type", `images cannot be trained, found ${formatForMessage(type)}; remove the image`);
    }
    if (expectOneOf(type as string, CHUNK_TYPES[role], "type") === "text") {
      characters += expectText(text, "text").length;
      return;
    }
    characters += checkThinking(thinking);
    if (closed !== undefined && typeof closed !== "boolean") {
      throw new SampleError("closed", `expected a boolean, found ${kindOf(closed)}`);
    }
  });
  return characters;
}

/** Checks the content of a thinking chunk. The API has a list of text chunks, and mistral_common has one string. */
function checkThinking(thinking: unknown): number {
  if (!Array.isArray(thinking)) return expectText(thinking, "thinking").length;
  let characters = 0;
  checkEach(thinking, "thinking", (each) => {
    const part = expectObject(each, "");
    expectOneOf(part.type as string, ["text"], "type");
    characters += expectText(part.text, "text").length;
  });
  return characters;
}
