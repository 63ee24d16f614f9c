import assert from "node:assert/strict";
import { changedLines } from "../../../provider/src/cli/diff/patch";

describe("the lines of a changed sample", () => {
  it("are found in less than two seconds when 100,000 lines have changed", () => {
    const text = (name: string) =>
      JSON.stringify({ text: Array.from({ length: 100_000 }, (_, line) => `${name} ${line}`).join("\n") });
    const start = performance.now();
    const lines = changedLines(text("before"), text("after"));
    assert.ok(performance.now() - start < 2_000, `${performance.now() - start} ms`);
    assert.ok(
      lines.some((line) => line.startsWith("-") && line.includes("before 0")),
      lines.join("\n"),
    );
    assert.ok(
      lines.some((line) => line.startsWith("+") && line.includes("after 0")),
      lines.join("\n"),
    );
    assert.ok(lines.length < 100);
  });
});
