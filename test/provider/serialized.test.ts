import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { provider } from "../../provider/src/serialized";

describe("the provider that every state holds", () => {
  it("is the frozen specifier and little else, whatever the implementation is", async () => {
    const { text } = await pulumi.runtime.serializeFunction(() => provider);
    assert.match(text, /require\.resolve\("pulumi-mistral\/dynamic"/);
    assert.match(text, /node_modules\/\.pnpm\/node_modules/);
    assert.deepEqual([...text.matchAll(/require\("([^"]+)"\)/g)], []);
    assert.ok(text.length < 6000, `${text.length} characters`);
  });
});
