import assert from "node:assert/strict";
import fc from "fast-check";
import { LineSplitter, MAX_LINE_BYTES } from "../../data/src/splitter";

/** The lines that the splitter makes of these chunks, whose memory is used again; `undefined` for one that is too long. */
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

/** What it should make of them, in the slow and obvious way. */
function reference(content: Buffer): string[] {
  const lines = content.toString("latin1").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

describe("splitting data into lines", () => {
  it("finds the same lines wherever the chunks begin and end, whatever their bytes", () => {
    const byte = fc.oneof(fc.constantFrom(0x0a, 0x0d, 0x20), fc.integer({ min: 0, max: 255 }));
    const chunks = fc.array(fc.array(byte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(chunks, (parts) => {
        assert.deepEqual(split(...parts), reference(Buffer.concat(parts)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("says whether the last line had no newline", () => {
    const end = (text: string) => {
      const splitter = new LineSplitter(() => {});
      splitter.push(Buffer.from(text));
      return splitter.end();
    };
    assert.deepEqual([end(""), end("a\n"), end("a\nb"), end("\n")], [false, false, true, false]);
  });

  it("does not keep a line beyond all measure", () => {
    const half = Buffer.alloc(MAX_LINE_BYTES / 2, "x");
    assert.deepEqual(split(Buffer.from("a\n"), half, half, Buffer.from("x\nb\n")), ["a", undefined, "b"]);
    assert.deepEqual(split(half, half), ["x".repeat(MAX_LINE_BYTES)]);
  });
});
