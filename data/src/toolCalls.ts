import { checkJsonSize, type SizeLimits } from "./limits";
import { checkEach, expectObject, expectOneOf, expectText, formatForMessage, isObject, SampleError } from "./values";

/** Mistral's tokenizer accepts only tool-call IDs and function names of these forms. */
const TOOL_CALL_ID = /^[A-Za-z0-9]{9}$/;
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** The tool calls that have no answer yet. */
export class UnansweredToolCalls {
  /** Created on first use: most samples have no tool calls, and creating a set for each of them costs time. */
  private ids: Set<string> | undefined;

  get size(): number {
    return this.ids?.size ?? 0;
  }

  add(id: unknown): void {
    if (typeof id !== "string" || !TOOL_CALL_ID.test(id)) {
      throw new SampleError("id", `expected 9 letters or digits, found ${formatForMessage(id)}`);
    }
    this.ids ??= new Set();
    if (this.ids.has(id)) throw new SampleError("id", `${formatForMessage(id)} is used twice`);
    this.ids.add(id);
  }

  answer(id: unknown): void {
    if (!this.ids?.delete(id as string)) {
      throw new SampleError(
        "tool_call_id",
        `${formatForMessage(id)} is not the id of an earlier tool call that still needs an answer`,
      );
    }
  }
}

/** Returns the names of the functions that a sample's `tools` define; undefined when the sample has no `tools`. */
export function definedFunctions(tools: unknown): ReadonlySet<string> | undefined {
  if (tools === undefined || tools === null) return undefined;
  const names = new Set<string>();
  checkEach(tools, "tools", (each) => {
    const tool = expectObject(each, "");
    expectOneOf(tool.type ?? "function", ["function"], "type");
    const { name, parameters } = expectObject(tool.function, "function");
    if (typeof name !== "string" || !FUNCTION_NAME.test(name)) {
      throw new SampleError(
        "function.name",
        `expected up to 64 letters, digits, "_" or "-", found ${formatForMessage(name)}`,
      );
    }
    if (parameters !== undefined) expectObject(parameters, "function.parameters");
    names.add(name);
  });
  return names;
}

/** Checks the tool calls of one message. @returns the number of characters of their arguments */
export function checkCalls(
  calls: unknown,
  functions: ReadonlySet<string> | undefined,
  unanswered: UnansweredToolCalls,
  limits: SizeLimits,
): number {
  let characters = 0;
  checkEach(calls, "tool_calls", (each) => {
    const call = expectObject(each, "");
    unanswered.add(call.id);
    expectOneOf(call.type ?? "function", ["function"], "type");
    const { name, arguments: callArguments } = expectObject(call.function, "function");
    if (!functions?.has(name as string)) {
      throw new SampleError("function.name", `${formatForMessage(name)} is not defined in "tools"`);
    }
    characters += checkArguments(callArguments, limits);
  });
  return characters;
}

function checkArguments(value: unknown, limits: SizeLimits): number {
  const text = expectText(value, "function.arguments");
  checkJsonSize(text, limits, "function.arguments");
  if (!isObject(parseOrUndefined(text))) {
    throw new SampleError("function.arguments", "expected a string that holds a JSON object");
  }
  return text.length;
}

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
