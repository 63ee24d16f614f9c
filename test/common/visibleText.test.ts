import assert from "node:assert/strict";
import { visibleText } from "../../common/src";

describe("visible text", () => {
  it("contains no terminal escapes and no bidirectional controls", () => {
    assert.equal(visibleText("\u001b[2J\u009bred\u0007\u202e\u2066gpj\u200f"), "[2Jredgpj");
  });

  it("keeps line feeds, tabs and letters of any script", () => {
    const text = "Zeile\n\tשלום, 你好 👩‍👩‍👧";
    assert.equal(visibleText(text), text);
  });
});
