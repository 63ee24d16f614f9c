import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describeWithEngine } from "../support/engine";

describeWithEngine("schema.json", (engine) => {
  it("is a valid Pulumi package schema", async () => {
    const stack = await engine.stack({ files: { "index.ts": "" } });
    const { code, output } = await stack.cmd("schema", "check", resolve(__dirname, "../../schema.json"));
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /error|warning/i);
  });
});
