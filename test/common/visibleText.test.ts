import assert from "node:assert/strict";
import { escapedText, visibleText } from "../../common/src";

describe("visible text", () => {
  it("contains no terminal escapes and no bidirectional controls", () => {
    assert.equal(visibleText("\u001b[2J\u009bred\u0007\u202e\u2066gpj\u200f"), "[2Jredgpj");
  });

  it("keeps line feeds, tabs and letters of any script", () => {
    const text = "Zeile\n\tשלום, 你好 👩‍👩‍👧";
    assert.equal(visibleText(text), text);
  });

  it("shows the removed characters as escapes", () => {
    assert.equal(escapedText("a\u001b[2J\n\u202e"), "a\\u001b[2J\n\\u202e");
  });
});
