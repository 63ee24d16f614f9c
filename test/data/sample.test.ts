import assert from "node:assert/strict";
import { charactersOf } from "../../data/src";
import { checkSample, type Rules } from "../../data/src/sample";

const COMPLETION: Rules = { jobType: "completion", targets: [] };
const CLASSIFIER: Rules = {
  jobType: "classifier",
  targets: [
    { name: "mood", labels: ["good", "bad"], loss_function: "single_class" },
    { name: "topics", labels: ["a", "b", "c"], loss_function: "multi_class" },
  ],
};

const system = { role: "system", content: "s" };
const user = { role: "user", content: "u" };
const assistant = { role: "assistant", content: "a" };
const tools = [{ type: "function", function: { name: "f", description: "", parameters: {} } }];
const call = (id = "abcdefgh1", over: object = {}) => ({
  id,
  type: "function",
  function: { name: "f", arguments: '{"x":1}' },
  ...over,
});
const calling = (...calls: unknown[]) => ({ role: "assistant", tool_calls: calls });
const tool = (id = "abcdefgh1") => ({ role: "tool", tool_call_id: id, name: "f", content: "42" });

const chunk = (text: string) => ({ type: "text", text });
const thinking = (thinking: unknown) => ({ type: "thinking", thinking });
const answering = (...content: unknown[]) => ({ messages: [user, { role: "assistant", content }] });

/** Returns the number of characters of the sample, of all roles. */
function check(sample: unknown, rules = COMPLETION): number {
  const bytes = Buffer.from(typeof sample === "string" ? sample : JSON.stringify(sample));
  return charactersOf({ characters: checkSample(bytes, rules) });
}

describe("the rules for samples", () => {
  for (const [description, sample, characters] of [
    ["a conversation", { messages: [user, assistant] }, 2],
    ["a system message and several turns", { messages: [system, user, assistant, user, assistant] }, 5],
    ["weights", { messages: [user, { ...assistant, weight: 0 }] }, 2],
    ["plain text", { text: "four" }, 4],
    ["chunks of text", { messages: [{ role: "user", content: [chunk("abc"), chunk("de")] }, assistant] }, 6],
    [
      "thinking, as in Mistral's API and as in mistral_common",
      {
        messages: [
          { role: "system", content: [chunk("s"), thinking("th")] },
          user,
          { role: "assistant", content: [thinking([chunk("abc"), chunk("d")]), chunk("a")] },
          user,
          { role: "assistant", content: [{ ...thinking("t"), closed: false }] },
        ],
      },
      11,
    ],
    [
      "thinking before a function call",
      { messages: [user, { ...calling(call()), content: [thinking("abc")] }], tools },
      11,
    ],
    ["a function call with its answer", { messages: [user, calling(call()), tool(), assistant], tools }, 11],
    [
      "two calls at once, answered in any order",
      {
        messages: [
          user,
          calling(call("aaaaaaaaa"), call("bbbbbbbbb")),
          tool("bbbbbbbbb"),
          tool("aaaaaaaaa"),
          assistant,
        ],
        tools,
      },
      20,
    ],
    ["a conversation that ends with a call", { messages: [user, calling(call())], tools }, 8],
    ["unknown fields", { messages: [user, assistant], source: "here" }, 2],
  ] as [string, unknown, number][]) {
    it(`accept ${description}`, () => {
      assert.equal(check(sample), characters);
    });
  }

  for (const [sample, message] of [
    ["", "is not valid JSON: unexpected end after character 0"],
    ["{", "is not valid JSON: unexpected end after character 1"],
    ['{"text":"secret', "is not valid JSON: unexpected end after character 15"],
    ['{"text":"secret"} {', "is not valid JSON (at character 19)"],
    ['{"text" "secret"}', "is not valid JSON (at character 9)"],
    ["secret", "is not valid JSON (at character 1)"],
    ["[".repeat(100_000), "is nested more than 100 levels deep"],
    ["[]", "expected an object, found an empty list"],
    ["null", "expected an object, found null"],
    [{}, 'expected "messages" or "text", found neither'],
    [{ text: "" }, "text: is empty"],
    [{ text: 1 }, "text: expected a string, found a number"],
    [{ messages: "x" }, "messages: expected a list with at least one element, found a string"],
    [{ messages: [1] }, "messages[0]: expected an object, found a number"],
    [
      { messages: [{ ...user, role: "human" }] },
      'messages[0].role: expected one of "system", "user", "assistant", "tool", found "human"',
    ],
    [{ messages: [assistant] }, 'messages[0].role: expected "system" or "user" at the start, found "assistant"'],
    [{ messages: [user, user] }, 'messages[1].role: expected "assistant" after "user", found "user"'],
    [
      { messages: [user, assistant, assistant] },
      'messages[2].role: expected "user" after "assistant", found "assistant"',
    ],
    [{ messages: [user, assistant, system] }, 'messages[2].role: expected "user" after "assistant", found "system"'],
    [{ messages: [user, assistant, user] }, 'messages[2].role: the last message must be of role "assistant"'],
    [{ messages: [{ role: "user" }, assistant] }, "messages[0].content: expected a string, found nothing"],
    [{ messages: [{ role: "user", content: " " }, assistant] }, "messages[0].content: is empty"],
    [
      { messages: [{ role: "user", content: [] }, assistant] },
      /^messages\[0\]\.content: expected a list with at least one/,
    ],
    [
      { messages: [{ role: "user", content: [{ type: "audio" }] }, assistant] },
      'messages[0].content[0].type: expected "text", found "audio"',
    ],
    [
      {
        messages: [{ role: "user", content: [chunk("a"), { type: "image_url", image_url: { url: "x" } }] }, assistant],
      },
      'messages[0].content[1].type: images cannot be trained, found "image_url"; remove the image',
    ],
    [
      answering({ type: "image", image: "x" }),
      'messages[1].content[0].type: images cannot be trained, found "image"; remove the image',
    ],
    [
      { messages: [{ role: "user", content: [thinking("t")] }, assistant] },
      'messages[0].content[0].type: expected "text", found "thinking"',
    ],
    [answering({ type: "thinking" }), "messages[1].content[0].thinking: expected a string, found nothing"],
    [answering(thinking([])), /^messages\[1\]\.content\[0\]\.thinking: expected a list with at least one element/],
    [answering(thinking(" ")), "messages[1].content[0].thinking: is empty"],
    [
      answering(thinking([chunk("a"), { type: "reference", reference_ids: [1] }])),
      'messages[1].content[0].thinking[1].type: expected "text", found "reference"',
    ],
    [answering(thinking([chunk(" ")])), "messages[1].content[0].thinking[0].text: is empty"],
    [
      answering({ ...thinking("t"), closed: "no" }),
      "messages[1].content[0].closed: expected a boolean, found a string",
    ],
    [{ messages: [user, { ...assistant, weight: 2 }] }, "messages[1].weight: expected one of 0, 1, found 2"],
    [{ messages: [user, calling()], tools }, /^messages\[1\]\.tool_calls: expected a list/],
    [
      { messages: [user, calling(call("short"))], tools },
      'messages[1].tool_calls[0].id: expected 9 letters or digits, found "short"',
    ],
    [{ messages: [user, calling(call(), call())], tools }, 'messages[1].tool_calls[1].id: "abcdefgh1" is used twice'],
    [
      { messages: [user, calling(call("abcdefgh1", { type: "code" }))], tools },
      /tool_calls\[0\]\.type: expected "function"/,
    ],
    [{ messages: [user, calling(call())] }, 'messages[1].tool_calls[0].function.name: "f" is not defined in "tools"'],
    [
      { messages: [user, calling(call("abcdefgh1", { function: { name: "f", arguments: "{" } }))], tools },
      /arguments: expected a string that holds a JSON object/,
    ],
    [
      { messages: [user, calling(call("abcdefgh1", { function: { name: "f", arguments: {} } }))], tools },
      /arguments: expected a string, found an object/,
    ],
    [
      { messages: [user, calling(call()), assistant], tools },
      'messages[2].role: expected "tool" after "assistant", found "assistant"',
    ],
    [
      { messages: [user, calling(call()), tool("zzzzzzzzz"), assistant], tools },
      /^messages\[2\]\.tool_call_id: "zzzzzzzzz" is not the id/,
    ],
    [{ messages: [user, tool()], tools }, 'messages[1].role: expected "assistant" after "user", found "tool"'],
    [{ messages: [user, assistant], tools: [{}] }, "tools[0].function: expected an object, found nothing"],
  ] as [unknown, string | RegExp][]) {
    it(`reject ${JSON.stringify(sample).slice(0, 90)}`, () => {
      assert.throws(() => check(sample), { name: "SampleError", message });
    });
  }

  it("reject JSON that is nested too deeply for the parser that finds the position", () => {
    const bytes = Buffer.from("[".repeat(100_000));
    assert.throws(() => checkSample(bytes, { ...COMPLETION, maxDepth: Infinity }), { message: "is not valid JSON" });
  });

  it("reject text that is not UTF-8", () => {
    assert.throws(() => checkSample(Buffer.from([0x7b, 0xff, 0x7d]), COMPLETION), { message: "is not UTF-8" });
  });

  it("accept the samples of a classifier: text or messages, one label or several", () => {
    assert.equal(check({ text: "x", labels: { mood: "good", topics: ["a", "c"] } }, CLASSIFIER), 1);
    assert.equal(check({ messages: [user], labels: { mood: "bad", topics: "b" } }, CLASSIFIER), 1);
  });

  for (const [labels, message] of [
    [undefined, "labels: expected an object, found nothing"],
    [{ mood: "good" }, "labels.topics: expected one of the target's labels, found nothing"],
    [{ mood: "fine", topics: "a" }, `labels.mood: expected one of the target's labels, found "fine"`],
    [{ mood: ["good"], topics: "a" }, "labels.mood: expected one of the target's labels, found a list"],
    [{ mood: "good", topics: ["a", 1] }, "labels.topics: expected one of the target's labels, found 1"],
    [{ mood: "good", topics: "a", age: "old" }, `labels: "age" is not one of the job's classifier targets`],
  ] as [unknown, string][]) {
    it(`reject the labels of a classifier ${JSON.stringify(labels)}`, () => {
      assert.throws(() => check({ text: "x", labels }, CLASSIFIER), { name: "SampleError", message });
    });
  }
});
