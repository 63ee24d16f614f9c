import assert from "node:assert/strict";
import type { FileReport } from "../../../../data/src";
import { errorsOf } from "../../../../provider/src/inputs/data/dataMessages";

const report = (more: Partial<FileReport>): FileReport => ({
  bytes: 1,
  sha256: "",
  validSamples: 1,
  invalidSamples: 0,
  findings: [],
  characters: {},
  longest: { line: 1, characters: 1 },
  warnings: { byteOrderMark: false, noFinalNewline: false },
  ...more,
});

describe("messages about data", () => {
  it("reject a file only if it is larger than the API accepts", () => {
    assert.deepEqual(errorsOf("a.jsonl", report({ bytes: 536_870_912 }), {}), []);
    assert.deepEqual(errorsOf("a.jsonl", report({ bytes: 536_870_913 }), {}), [
      "a.jsonl: has 536870913 bytes, more than the limit of 536870912; split the data into several files",
    ]);
  });

  it("count the findings that are not listed", () => {
    assert.deepEqual(
      errorsOf("a.jsonl", report({ invalidSamples: 23, findings: [{ line: 1, message: "is not UTF-8" }] }), {}),
      ["a.jsonl:1: is not UTF-8", "a.jsonl: 22 more invalid samples"],
    );
  });
});
