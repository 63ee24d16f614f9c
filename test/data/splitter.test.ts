import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter, MAX_LINE_BYTES } from "../../data/src/splitter";

/** Returns the lines of these chunks; `undefined` for a line that is too long. Overwrites each chunk afterwards, as a reader may. */
function split(...chunks: Buffer[]): (string | undefined)[] {
  const lines: (string | undefined)[] = [];
  const splitter = new LineSplitter((bytes) => lines.push(bytes?.toString("latin1")));
  for (const chunk of chunks) {
    const buffer = Buffer.from(chunk);
    splitter.push(buffer);
    buffer.fill("\n");
  }
  splitter.end();
  return lines;
}

/** Splits the content in the simplest way, to compare with. */
function reference(content: Buffer): string[] {
  const lines = content.toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

describe("splitting data into lines", () => {
  it("finds the same lines for all chunk sizes and all bytes", () => {
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x20), fc.integer({ min: 0, max: 255 }));
    const chunks = fc.array(fc.array(byte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(chunks, (parts) => {
        assert.deepEqual(split(...parts), reference(Buffer.concat(parts)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("returns whether the last line had no newline", () => {
    const end = (text: string) => {
      const splitter = new LineSplitter(() => {});
      splitter.push(Buffer.from(text));
      return splitter.end();
    };
    assert.deepEqual([end(""), end("a\n"), end("a\nb"), end("\n")], [false, false, true, false]);
  });

  it("does not keep a line that is longer than the limit", () => {
    const half = Buffer.alloc(MAX_LINE_BYTES / 2, "x");
    assert.deepEqual(split(Buffer.from("a\n"), half, half, Buffer.from("x\nb\n")), ["a", undefined, "b"]);
    assert.deepEqual(split(half, half), ["x".repeat(MAX_LINE_BYTES)]);
  });
});
