import assert from "node:assert/strict";
import fc from "fast-check";
import { LineBatches, splitLines } from "../../data/src/inspection/lineBatches";
import { MAX_LINE_BYTES } from "../../data/src/splitter";

/** Returns the lines of these chunks; `undefined` for a line that is too long. Overwrites each chunk afterwards, as a reader may. */
function split(...chunks: Buffer[]): (string | undefined)[] {
  return splitInBatches(1_000, chunks).flat();
}

/** Returns the lines of each batch. Reuses the memory of each batch for the next ones. */
function splitInBatches(batchBytes: number, chunks: Buffer[]): (string | undefined)[][] {
  const found: (string | undefined)[][] = [];
  const batches = new LineBatches(() => batchBytes);
  const add = (batch: Uint8Array | undefined) => {
    const lines: (string | undefined)[] = batch ? [] : [undefined];
    if (batch) {
      splitLines(batch, (line) => lines.push(line?.toString("latin1")));
      batches.recycle(batch.fill(0x0a));
    }
    found.push(lines);
  };
  for (const chunk of chunks) {
    const buffer = Buffer.from(chunk);
    for (const batch of batches.push(buffer)) add(batch);
    buffer.fill("\n");
  }
  for (const batch of batches.end()) add(batch);
  return found;
}

/** Splits the content in the simplest way, to compare with. */
function reference(content: Buffer): string[] {
  const lines = content.toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

describe("cutting data into batches of lines", () => {
  it("finds the same lines for all chunk sizes and all bytes", () => {
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x20), fc.integer({ min: 0, max: 255 }));
    const chunks = fc.array(fc.array(byte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(chunks, fc.integer({ min: 1, max: 60 }), (parts, batchBytes) => {
        assert.deepEqual(splitInBatches(batchBytes, parts).flat(), reference(Buffer.concat(parts)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("ends a batch at a line end, and makes a long line a batch of its own", () => {
    const chunks = ["a\nb", "b\nc\n", "d".repeat(9), "dd\ne\n", "f"].map((text) => Buffer.from(text));
    assert.deepEqual(splitInBatches(5, chunks), [["a", "bb", "c"], ["ddddddddddd"], ["e", "f"]]);
  });

  it("does not keep a line that is longer than the limit", () => {
    const half = Buffer.alloc(MAX_LINE_BYTES / 2, "x");
    assert.deepEqual(split(Buffer.from("a\n"), half, half, Buffer.from("x\nb\n")), ["a", undefined, "b"]);
    assert.deepEqual(split(half, half), ["x".repeat(MAX_LINE_BYTES)]);
  });
});
