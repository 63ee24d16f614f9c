import assert from "node:assert/strict";
import fc from "fast-check";
import { partsOf } from "../../../provider/src/cli/check/learnedParts";

/** A token of a row: its text, and whether it counts for the loss. */
type Token = [text: string, isLearned: boolean];

function rowOf(tokens: Token[]) {
  return {
    labels: tokens.map(([, isLearned], index) => (isLearned ? index : -100)),
    text: tokens.map(([text]) => text).join(""),
    learned: tokens.map(([text, isLearned]) => (isLearned ? text : "")).join(""),
  };
}

/** Returns the row's text with the learned parts in brackets. */
const marked = (tokens: Token[]) =>
  partsOf(rowOf(tokens))
    ?.map(({ text, isLearned }) => (isLearned ? `⟦${text}⟧` : text))
    .join("");

const context = (...texts: string[]) => texts.map((text): Token => [text, false]);
const learned = (...texts: string[]) => texts.map((text): Token => [text, true]);

describe("the learned parts of a row", () => {
  it("are found when there is one, several or none", () => {
    assert.equal(
      marked([...context("<s>", "[INST]", "Hi", "[/INST]"), ...learned("Hi", "!", "</s>")]),
      "<s>[INST]Hi[/INST]⟦Hi!</s>⟧",
    );
    const second = [...context("[INST]", "And Cuba?", "[/INST]"), ...learned("Hav", "ana", "</s>")];
    assert.equal(
      marked([...context("<s>", "[INST]", "Peru?", "[/INST]"), ...learned("Lima", "</s>"), ...second]),
      "<s>[INST]Peru?[/INST]⟦Lima</s>⟧[INST]And Cuba?[/INST]⟦Havana</s>⟧",
    );
    assert.equal(marked(context("<s>", "a")), "<s>a");
    assert.equal(marked(learned("<s>", "a", "</s>")), "⟦<s>a</s>⟧");
  });

  it("end at the end-of-sequence token, also if the following text begins like the next part", () => {
    const calls = [...context("[INST]", "f?", "[/INST]"), ...learned("[TOOL_CALLS]", "f", "</s>")];
    assert.equal(
      marked([...context("<s>", "[INST]", "Hi", "[/INST]"), ...learned("Ho", "</s>"), ...calls]),
      "<s>[INST]Hi[/INST]⟦Ho</s>⟧[INST]f?[/INST]⟦[TOOL_CALLS]f</s>⟧",
    );
  });

  it("exclude the IDs of calls, and an equal answer that does not count", () => {
    const call = [...learned("[TOOL_CALLS]", "f", "[CALL_ID]"), ...context("abc", "def", "ghi")];
    assert.equal(
      marked([...context("[INST]", "f?", "[/INST]"), ...call, ...learned("[ARGS]", "{}", "</s>")]),
      "[INST]f?[/INST]⟦[TOOL_CALLS]f[CALL_ID]⟧abcdefghi⟦[ARGS]{}</s>⟧",
    );
    const turn = (tokens: Token[]) => [...context("[INST]", "Say yes.", "[/INST]"), ...tokens];
    const yes = ["Yes", ".", "</s>"];
    assert.equal(
      marked([...turn(context(...yes)), ...turn(learned(...yes)), ...turn(learned("No", "</s>"))]),
      "[INST]Say yes.[/INST]Yes.</s>[INST]Say yes.[/INST]⟦Yes.</s>⟧[INST]Say yes.[/INST]⟦No</s>⟧",
    );
  });

  it("are not guessed when the texts do not fit together", () => {
    assert.equal(partsOf({ labels: [-100, 5, -100], text: "é!", learned: "\ufffd" }), undefined);
  });

  it("always contain exactly the learned text, in order", () => {
    const token = fc.tuple(fc.string({ minLength: 1, maxLength: 4 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const row = rowOf(tokens);
        const parts = partsOf(row);
        assert.ok(parts);
        assert.equal(parts.map(({ text }) => text).join(""), row.text);
        assert.equal(parts.map(({ text, isLearned }) => (isLearned ? text : "")).join(""), row.learned);
      }),
    );
  });

  it("are searched for at most two seconds in a text that repeats itself", () => {
    const start = performance.now();
    const text = "a".repeat(300_000);
    const parts = partsOf({ labels: [1, -100, 1, -100, 1], text, learned: text.slice(1) });
    assert.ok(parts === undefined || parts.map((part) => part.text).join("") === text);
    assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
  });
});
