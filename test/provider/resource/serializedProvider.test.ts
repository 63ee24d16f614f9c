import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { approvalProvider, provider } from "../../../provider/src/resource/serializedProvider";

/** Never change these files: states hold the texts, and deleting a resource runs the text in its state. */
const frozenTexts: [type: string, provider: pulumi.dynamic.ResourceProvider, file: string][] = [
  ["fine-tuning jobs", provider, "serialized.txt"],
  ["approvals", approvalProvider, "serializedApproval.txt"],
];

/** Serializes like `dynamic.Resource`: the text depends on the captured variable, here a parameter. */
const serialized = (provider: pulumi.dynamic.ResourceProvider) => pulumi.runtime.serializeFunction(() => provider);

describe("the serialized provider in the state", () => {
  for (const [type, provider, file] of frozenTexts) {
    it(`equals the frozen text of ${type}`, async () => {
      const { text } = await serialized(provider);
      assert.equal(text, await readFile(join(__dirname, file), "utf8"));
    });
  }
});
