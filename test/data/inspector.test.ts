import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { type FileReport, type InspectOptions, inspect, type Rules, SampleIndex } from "../../data/src";
import { sample } from "../support/samples";

const COMPLETION: Rules = { jobType: "completion", targets: [] };

async function report(content: string | Buffer, options: InspectOptions = {}): Promise<FileReport> {
  return inspect(() => chunked(Buffer.from(content)), { rules: COMPLETION, ...options });
}

/** Yields the content in chunks that do not end at line ends. */
async function* chunked(content: Buffer, size = 7): AsyncGenerator<Buffer> {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

describe("inspecting data", () => {
  it("counts bytes, samples and characters by role, and computes the hash", async () => {
    const content = sample("What?", "That.") + sample("Why so?", "Because.");
    const { findings, warnings, ...rest } = await report(content);
    assert.deepEqual(rest, {
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
      validSamples: 2,
      invalidSamples: 0,
      characters: { user: 12, assistant: 13 },
      longest: { line: 2, characters: 15 },
    });
    assert.deepEqual(findings, []);
    assert.deepEqual(warnings, { byteOrderMark: false, noFinalNewline: false });
  });

  it("only counts bytes and computes the hash without rules", async () => {
    const { bytes, sha256, validSamples, invalidSamples } = await report("anything", { rules: undefined });
    assert.deepEqual([bytes, validSamples, invalidSamples], [8, 0, 0]);
    assert.equal(sha256, createHash("sha256").update("anything").digest("hex"));
  });

  it("reports the line and the field of each invalid sample", async () => {
    const wrong = JSON.stringify({
      messages: [
        { role: "user", content: "a" },
        { role: "user", content: "b" },
      ],
    });
    const { validSamples, invalidSamples, findings } = await report(`${sample("a")}\n${wrong}\nnot json\n`);
    assert.deepEqual([validSamples, invalidSamples], [1, 2]);
    assert.equal(findings[0]?.line, 3);
    assert.equal(findings[0]?.message, 'messages[1].role: expected "assistant" after "user", found "user"');
    assert.equal(findings[1]?.line, 4);
    assert.equal(findings[1]?.message, "is not valid JSON (at character 1)");
  });

  it("lists the first 20 invalid samples, and counts all of them", async () => {
    const { invalidSamples, findings } = await report("{}\n".repeat(30));
    assert.deepEqual([invalidSamples, findings.length], [30, 20]);
  });

  it("reports a byte order mark, CRLF, blank lines and a missing final newline", async () => {
    const line = sample("a").trim();
    const { validSamples, warnings } = await report(`\uFEFF${line}\r\n\r\n \t\n  ${line} \r\n${line}`);
    assert.equal(validSamples, 3);
    assert.deepEqual(warnings, {
      byteOrderMark: true,
      crlf: { count: 3, first: 1 },
      blank: { count: 2, first: 2 },
      noFinalNewline: true,
    });
  });

  it("finds duplicate samples, and samples that the other data contains as well", async () => {
    const index = new SampleIndex();
    const { warnings } = await report([sample("a"), sample("b"), sample("a"), sample("a")].join(""), { index });
    assert.deepEqual(warnings.duplicates, { count: 2, first: 3, firstOriginal: { fileNumber: 0, line: 1 } });
    const validation = await report(sample("c") + sample("b"), { index: new SampleIndex(), otherDataIndex: index });
    assert.deepEqual(validation.warnings.shared, { count: 1, first: 2 });
    assert.equal(validation.warnings.duplicates, undefined);
  });

  it("counts the same valid, invalid and duplicate samples as a simple implementation", async () => {
    const pool = ["{}", "[", ...["a", "b", "c", "d"].map((name) => sample(name).trim())];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...pool), { maxLength: 60 }), async (lines) => {
        const good = lines.filter((line) => line.includes("messages"));
        const found = await report(lines.map((line) => `${line}\n`).join(""), { index: new SampleIndex() });
        assert.equal(found.validSamples, good.length);
        assert.equal(found.invalidSamples, lines.length - good.length);
        assert.equal(found.warnings.duplicates?.count ?? 0, good.length - new Set(good).size);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the index of samples", () => {
  it("finds every sample up to its capacity, and reports when it is full", () => {
    const index = new SampleIndex();
    const hash = (number: number) => {
      const bits = BigInt.asUintN(64, BigInt(number) * 0x9e3779b97f4a7c15n);
      return [Number(BigInt.asUintN(32, bits)), Number(bits >> 32n)] as const;
    };
    const capacity = 786_432;
    for (let number = 0; number < capacity; number++) assert.equal(index.add(...hash(number), 3, number + 1), "new");
    assert.equal(index.isFull, true);
    assert.equal(index.add(...hash(capacity), 0, 1), "not compared");
    assert.deepEqual(index.add(...hash(4711), 0, 1), { fileNumber: 3, line: 4712 });
    assert.equal(index.has(...hash(capacity)), false);
  });
});
