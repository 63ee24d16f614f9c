import assert from "node:assert/strict";
import fc from "fast-check";
import { compareRecords } from "../../../provider/src/cli/diff/records/compareRecords";
import { type SampleRecord, SampleRecords } from "../../../provider/src/cli/diff/records/sampleRecords";

type Keys = Pick<SampleRecord, "content" | "prompt" | "answer">;

/** Keys are spread like hashes, so that they fall into different parts. */
const spread = (value: number) => ((value + 1) * 0x9e3779b97f4a) % 2 ** 53;

const sample = fc
  .record({ prompt: fc.nat(5), answer: fc.nat(5) })
  .map(({ prompt, answer }) => ({ content: 10 * prompt + answer, prompt, answer }));

function recordsOf(samples: Keys[]): SampleRecords {
  const records = new SampleRecords();
  for (const [index, { content, prompt, answer }] of samples.entries()) {
    const keys = { content: spread(content), prompt: spread(prompt), answer: spread(answer) };
    records.add({ ...keys, offset: index, length: 1, line: index + 1 });
  }
  return records;
}

function compared(before: Keys[], after: Keys[], maxKeys?: number) {
  const files = [recordsOf(before), recordsOf(after)] as const;
  try {
    return compareRecords(...files, 3, maxKeys);
  } finally {
    for (const file of files) file.close();
  }
}

describe("compareRecords", () => {
  it("accounts for every sample, like a slow comparison", () => {
    fc.assert(
      fc.property(fc.array(sample), fc.array(sample), (before, after) => {
        const result = compared(before, after);
        const count = (samples: Keys[], content: number) => samples.filter((each) => each.content === content).length;
        const contents = [...new Set([...before, ...after].map(({ content }) => content))];
        const equal = contents.reduce((sum, each) => sum + Math.min(count(before, each), count(after, each)), 0);
        const duplicates = contents.reduce(
          (sum, each) => sum + Math.max(0, count(after, each) - Math.max(1, count(before, each))),
          0,
        );
        assert.equal(result.unchanged, equal);
        assert.equal(result.newDuplicates.count, duplicates);
        assert.equal(result.added.count + result.changed.count + equal, after.length);
        assert.equal(result.removed.count + result.changed.count + equal, before.length);
        for (const { before: old, after: current } of result.changed.first) {
          assert.ok(old.prompt === current.prompt || old.answer === current.answer);
          assert.notEqual(old.content, current.content);
        }
      }),
    );
  });

  it("returns the same result when the keys do not fit into memory at once", () => {
    fc.assert(
      fc.property(fc.array(sample), fc.array(sample), (before, after) => {
        assert.deepEqual(compared(before, after, 4), compared(before, after));
      }),
      { numRuns: 30 },
    );
  });
});
