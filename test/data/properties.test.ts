import assert from "node:assert/strict";
import fc from "fast-check";
import { type Count, inspect, type Rules, SampleIndex } from "../../data/src";
import { FORMATS, file, mutated } from "./generators";
import { reference } from "./reference";

const RUNS = { numRuns: 150 };

describe("the data check with generated samples and files", () => {
  for (const [format, { rules, sample }] of Object.entries(FORMATS)) {
    describe(format, () => {
      it("accepts every valid sample", async () => {
        await fc.assert(
          fc.asyncProperty(sample, async (each) => {
            const { validSamples, findings } = await report(line(each), rules);
            assert.deepEqual([validSamples, findings], [1, []]);
          }),
          RUNS,
        );
      });

      it("agrees with the reference implementation on mutated samples", async () => {
        await fc.assert(
          fc.asyncProperty(sample.chain(mutated).chain(mutated), (each) => agrees(line(each), rules)),
          { numRuns: 4 * RUNS.numRuns },
        );
      });

      it("agrees with the reference implementation on files, for every chunk size", async () => {
        await fc.assert(
          fc.asyncProperty(file(sample), fc.integer({ min: 1, max: 300 }), (content, size) =>
            agrees(content, rules, size),
          ),
          RUNS,
        );
      });
    });
  }
});

const line = (sample: object) => Buffer.from(`${JSON.stringify(sample)}\n`);

async function agrees(content: Buffer, rules: Rules, size?: number): Promise<void> {
  const { findings, invalidSamples, longest, warnings, ...found } = await report(content, rules, size);
  const { badLines, crlf, blank, duplicates, byteOrderMark, noFinalNewline, ...expected } = reference(content, rules);
  assert.deepEqual(found, expected, content.toString());
  assert.equal(invalidSamples, findings.length);
  assert.deepEqual(
    findings.map(({ line }) => line),
    badLines,
    content.toString(),
  );
  assert.deepEqual([warnings.byteOrderMark, warnings.noFinalNewline], [byteOrderMark, noFinalNewline]);
  const { firstOriginal: _, ...repeated } = warnings.duplicates ?? { firstOriginal: undefined };
  assert.deepEqual(
    [warnings.crlf, warnings.blank, warnings.duplicates && repeated],
    [crlf, blank, duplicates].map(counted),
  );
}

function counted(lines: number[]): Count | undefined {
  return lines[0] === undefined ? undefined : { count: lines.length, first: lines[0] };
}

function report(content: Buffer, rules: Rules, size = content.length) {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
  }
  // Creating an index takes some milliseconds, and a file of one line has no duplicates.
  return inspect(chunks, { rules, index: content.indexOf("\n") < content.length - 1 ? new SampleIndex() : undefined });
}
