import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { provider } from "../../../provider/src/resource/serializedProvider";

/** Never change this file: states hold the text, and deleting a job runs the text in its state. */
const frozenText = join(__dirname, "serialized.txt");

/** Serializes like `dynamic.Resource`: the text depends on the captured variable, here a parameter. */
const serialized = (provider: pulumi.dynamic.ResourceProvider) => pulumi.runtime.serializeFunction(() => provider);

describe("the serialized provider in the state", () => {
  it("equals the frozen text", async () => {
    const { text } = await serialized(provider);
    assert.equal(text, await readFile(frozenText, "utf8"));
  });
});
