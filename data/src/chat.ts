import {
  describe,
  expectArray,
  expectObject,
  expectOneOf,
  expectText,
  isObject,
  type JsonObject,
  SampleError,
} from "./values";

const ROLES = ["system", "user", "assistant", "tool"] as const;
export type Role = (typeof ROLES)[number];

/** The length that Mistral's tokenizer demands of the id of a tool call. */
const TOOL_CALL_ID = /^[A-Za-z0-9]{9}$/;

/**
 * Checks a conversation: an instruct sample, one with function calling, or (`lastRole` undefined) the input of a classifier.
 *
 * @param characters gets the characters of its messages added, by role
 */
export function checkConversation(
  sample: JsonObject,
  lastRole: Role | undefined,
  characters: Partial<Record<Role, number>>,
): void {
  const messages = expectArray(sample.messages, "messages");
  const functions = definedFunctions(sample.tools);
  const pending = new Set<string>();
  let previous: Role | undefined;
  for (const [index, each] of messages.entries()) {
    const path = `messages[${index}]`;
    const message = expectObject(each, path);
    expectOneOf(message.role, ROLES, `${path}.role`);
    const role = message.role as Role;
    checkOrder(role, previous, pending, `${path}.role`);
    if (role === "tool") answer(message.tool_call_id, pending, `${path}.tool_call_id`);
    const count =
      role === "assistant"
        ? checkAssistant(message, functions, pending, path)
        : checkContent(message.content, `${path}.content`);
    characters[role] = (characters[role] ?? 0) + count;
    previous = role;
  }
  if (lastRole !== undefined && previous !== lastRole) {
    throw new SampleError(`messages[${messages.length - 1}].role`, `the last message must be of role "${lastRole}"`);
  }
}

function checkOrder(role: Role, previous: Role | undefined, pending: Set<string>, path: string): void {
  const expected = nextRoles(previous, pending);
  if (!expected.includes(role)) {
    const after = previous === undefined ? "at the start" : `after "${previous}"`;
    throw new SampleError(
      path,
      `expected ${expected.map((each) => `"${each}"`).join(" or ")} ${after}, found "${role}"`,
    );
  }
}

function nextRoles(previous: Role | undefined, pending: Set<string>): Role[] {
  if (pending.size > 0) {
    return ["tool"];
  }
  switch (previous) {
    case undefined:
      return ["system", "user"];
    case "system":
    case "assistant":
      return ["user"];
    case "user":
    case "tool":
      return ["assistant"];
  }
}

function checkAssistant(
  message: JsonObject,
  functions: ReadonlySet<string>,
  pending: Set<string>,
  path: string,
): number {
  if (message.weight !== undefined) {
    expectOneOf(message.weight, [0, 1], `${path}.weight`);
  }
  const calls = message.tool_calls ?? undefined;
  if (calls === undefined) {
    return checkContent(message.content, `${path}.content`);
  }
  let characters = typeof message.content === "string" ? message.content.length : 0;
  for (const [index, call] of expectArray(calls, `${path}.tool_calls`).entries()) {
    characters += checkCall(call, functions, pending, `${path}.tool_calls[${index}]`);
  }
  return characters;
}

function checkCall(value: unknown, functions: ReadonlySet<string>, pending: Set<string>, path: string): number {
  const call = expectObject(value, path);
  if (typeof call.id !== "string" || !TOOL_CALL_ID.test(call.id)) {
    throw new SampleError(`${path}.id`, `expected 9 letters or digits, found ${describe(call.id)}`);
  }
  if (pending.has(call.id)) {
    throw new SampleError(`${path}.id`, `${describe(call.id)} is used twice`);
  }
  pending.add(call.id);
  expectOneOf(call.type ?? "function", ["function"], `${path}.type`);
  const target = expectObject(call.function, `${path}.function`);
  const name = expectText(target.name, `${path}.function.name`);
  if (!functions.has(name)) {
    throw new SampleError(`${path}.function.name`, `${describe(name)} is not defined in "tools"`);
  }
  const argumentsText = expectText(target.arguments, `${path}.function.arguments`);
  if (!isObject(parseOrUndefined(argumentsText))) {
    throw new SampleError(`${path}.function.arguments`, "expected a string that holds a JSON object");
  }
  return argumentsText.length;
}

function answer(id: unknown, pending: Set<string>, path: string): void {
  if (typeof id !== "string" || !pending.delete(id)) {
    throw new SampleError(path, `${describe(id)} is not the id of a preceding tool call that is still open`);
  }
}

/** Content is text, or a list of text and image chunks. */
function checkContent(content: unknown, path: string): number {
  if (!Array.isArray(content)) {
    return expectText(content, path).length;
  }
  let characters = 0;
  for (const [index, each] of expectArray(content, path).entries()) {
    const chunk = expectObject(each, `${path}[${index}]`);
    expectOneOf(chunk.type, ["text", "image_url"], `${path}[${index}].type`);
    if (chunk.type === "text") {
      characters += expectText(chunk.text, `${path}[${index}].text`).length;
    } else {
      const url = isObject(chunk.image_url) ? chunk.image_url.url : chunk.image_url;
      expectText(url, `${path}[${index}].image_url`);
    }
  }
  return characters;
}

const NO_FUNCTIONS: ReadonlySet<string> = new Set();

function definedFunctions(tools: unknown): ReadonlySet<string> {
  if (tools === undefined || tools === null) {
    return NO_FUNCTIONS;
  }
  const names = expectArray(tools, "tools").map((each, index) => {
    const tool = expectObject(each, `tools[${index}]`);
    return expectText(expectObject(tool.function, `tools[${index}].function`).name, `tools[${index}].function.name`);
  });
  return new Set(names);
}

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
