import assert from "node:assert/strict";
import { errorsOf } from "../../../provider/src/inputs/dataMessages";

describe("messages about data", () => {
  it("refuse a file that is larger than the API takes, and no other", () => {
    const report = (bytes: number) => ({
      bytes,
      sha256: "",
      good: 1,
      bad: 0,
      findings: [],
      characters: {},
      longest: { line: 1, characters: 1 },
      oddities: { byteOrderMark: false, noFinalNewline: false },
    });
    assert.deepEqual(errorsOf("a.jsonl", report(536_870_912), {}), []);
    assert.deepEqual(errorsOf("a.jsonl", report(536_870_913), {}), [
      "a.jsonl: has 536870913 bytes, a file may have 536870912; give the data in several files",
    ]);
  });
});
