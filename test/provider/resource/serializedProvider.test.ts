import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { provider } from "../../../provider/src/resource/serializedProvider";

/** Never to be changed once a version is published: states hold it, and a job is deleted by the text in its state. */
const frozenText = join(__dirname, "serialized.txt");

/** As `dynamic.Resource` does it: the text depends on what is captured, here a parameter. */
const serialized = (provider: pulumi.dynamic.ResourceProvider) => pulumi.runtime.serializeFunction(() => provider);

describe("the provider that every state holds", () => {
  it("is the frozen text, whatever the implementation is", async () => {
    const { text } = await serialized(provider);
    assert.equal(text, await readFile(frozenText, "utf8"));
  });
});
