import fc from "fast-check";
import type { Rules } from "../../data/src";

// Generators of valid samples of each format, of mutated samples, and of files that contain both.

export const COMPLETION: Rules = { jobType: "completion", targets: [] };
export const CLASSIFIER: Rules = {
  jobType: "classifier",
  targets: [
    { name: "mood", labels: ["good", "bad"], loss_function: "single_class" },
    { name: "topics", labels: ["x", "y", "z"], loss_function: "multi_class" },
  ],
};

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((words) => `${words}.`);
const textChunk = text.map((text) => ({ type: "text", text }));
const thinkingChunk = fc.record(
  {
    type: fc.constant("thinking"),
    thinking: fc.oneof(text, fc.array(textChunk, { minLength: 1, maxLength: 2 })),
    closed: fc.boolean(),
  },
  { requiredKeys: ["type", "thinking"] },
);
const chunksOf = (chunk: fc.Arbitrary<object>) => fc.array(chunk, { minLength: 1, maxLength: 3 });
const content = fc.oneof({ weight: 4, arbitrary: text }, chunksOf(textChunk));
const thoughtful = fc.oneof({ weight: 4, arbitrary: content }, chunksOf(fc.oneof(textChunk, thinkingChunk)));

const user = content.map((content) => ({ role: "user", content }));
const assistant = fc.record(
  { role: fc.constant("assistant"), content: thoughtful, weight: fc.constantFrom(0, 1, null) },
  { requiredKeys: ["role", "content"] },
);

const FUNCTIONS = ["f", "get_weather", "x-1"];
const tools = FUNCTIONS.map((name) => ({ type: "function", function: { name, parameters: {} } }));
const id = fc.stringMatching(/^[a-zA-Z0-9]{9}$/);
const callOf = (id: string) =>
  fc.record({
    id: fc.constant(id),
    type: fc.constant("function"),
    function: fc.record({
      name: fc.constantFrom(...FUNCTIONS),
      arguments: fc.dictionary(text, text).map((it) => JSON.stringify(it)),
    }),
  });

/** An assistant's tool calls, and their answers in any order. */
const calls = fc
  .uniqueArray(id, { minLength: 1, maxLength: 3 })
  .chain((ids) =>
    fc
      .tuple(fc.tuple(...ids.map(callOf)), fc.shuffledSubarray(ids, { minLength: ids.length }), text)
      .map(([tool_calls, order, content]) => [
        { role: "assistant", tool_calls },
        ...order.map((tool_call_id) => ({ role: "tool", tool_call_id, content })),
      ]),
  );

const turn = (rounds: number) =>
  fc
    .tuple(user, fc.array(calls, { maxLength: rounds }), assistant)
    .map(([question, toolMessages, answer]) => [question, ...toolMessages.flat(), answer]);
const conversation = (rounds: number) =>
  fc
    .tuple(fc.option(thoughtful), fc.array(turn(rounds), { minLength: 1, maxLength: 3 }))
    .map(([system, turns]) => [...(system === null ? [] : [{ role: "system", content: system }]), ...turns.flat()]);

const instruct = conversation(0).map((messages) => ({ messages }));
const functionCalling = conversation(2).map((messages) => ({ messages, tools }));
const plain = text.map((text) => ({ text }));
const labels = fc.record({
  mood: fc.constantFrom("good", "bad"),
  topics: fc.oneof(fc.constantFrom("x", "y", "z"), fc.subarray(["x", "y", "z"])),
});
const classified = fc
  .tuple(fc.oneof(plain, instruct, functionCalling), labels)
  .map(([input, labels]) => ({ ...input, labels }));

export const FORMATS: Record<string, { rules: Rules; sample: fc.Arbitrary<object> }> = {
  instruct: { rules: COMPLETION, sample: instruct },
  "function calling": { rules: COMPLETION, sample: functionCalling },
  text: { rules: COMPLETION, sample: plain },
  classifier: { rules: CLASSIFIER, sample: classified },
};

/** Values that a mutation inserts instead of the original value. Most of them are invalid. */
const replacementValue = fc.constantFrom<unknown[]>(
  ...[
    null,
    "",
    " ",
    "x",
    "user",
    "tool",
    "assistant",
    "aaaaaaaaa",
    "function",
    "{}",
    "good",
    0,
    1,
    0.5,
    true,
    [],
    {},
    ["x"],
    [{}],
    [{ type: "image_url", image_url: "x" }],
    { type: "image_url", image_url: { url: "x" } },
    { type: "image", image: "x" },
    { type: "thinking", thinking: "x" },
    [{ type: "thinking", thinking: [{ type: "text", text: "x" }] }],
  ],
);

/** Mutates a sample in one random place: removes or replaces a value, or repeats an element of a list or reverses the list. */
export function mutated(sample: object): fc.Arbitrary<object> {
  return fc
    .tuple(fc.nat(), fc.constantFrom("remove", "replace", "repeat", "reverse"), replacementValue)
    .map(([place, how, value]) => {
      const copy = structuredClone(sample);
      const places = placesIn(copy);
      if (places.length === 0) return copy;
      const { holder, key } = places[place % places.length] as Place;
      if (how === "replace") holder[key] = value;
      else if (how === "remove" && Array.isArray(holder)) holder.splice(Number(key), 1);
      else if (how === "remove") delete holder[key];
      else if (Array.isArray(holder) && how === "repeat") holder.splice(Number(key), 0, holder[Number(key)]);
      else if (Array.isArray(holder)) holder.reverse();
      return copy;
    });
}

interface Place {
  holder: Record<string, unknown>;
  key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}

/** A file with valid and invalid samples, truncated, damaged and blank lines, and both kinds of line endings. */
export function file(sample: fc.Arbitrary<object>): fc.Arbitrary<Buffer> {
  const line = fc.oneof(
    { weight: 4, arbitrary: sample.map((it) => Buffer.from(JSON.stringify(it))) },
    { weight: 2, arbitrary: sample.chain(mutated).map((it) => Buffer.from(JSON.stringify(it))) },
    sample.chain((it) => truncatedOrDamaged(Buffer.from(JSON.stringify(it)))),
    fc.constantFrom("", " \t", "{}", "[", '{"text":"again"}', ' {"text":"again"} ').map((it) => Buffer.from(it)),
  );
  const end = fc.constantFrom("\n", "\n", "\n", "\r\n");
  return fc
    .tuple(fc.boolean(), fc.array(fc.tuple(line, end), { maxLength: 10 }), fc.nat(3), fc.boolean())
    .map(([byteOrderMark, lines, repeated, final]) => {
      const parts = [...lines, ...lines.slice(0, repeated)].flatMap(([bytes, end]) => [bytes, Buffer.from(end)]);
      if (!final) parts.pop();
      return Buffer.concat([Buffer.from(byteOrderMark ? "\uFEFF" : ""), ...parts]);
    });
}

function truncatedOrDamaged(bytes: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat(bytes.length - 1);
  return fc.oneof(
    at.map((end) => bytes.subarray(0, end)),
    fc.tuple(at, fc.nat(255)).map(([index, byte]) => {
      const damaged = Buffer.from(bytes);
      damaged[index] = byte;
      return damaged;
    }),
  );
}
