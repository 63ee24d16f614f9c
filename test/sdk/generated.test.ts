import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { differences, generateSdks, runSdkgen, schemaFile } from "../../tools/sdk/generate";
import { temporaryFolder } from "../layouts/packed";
import { describeWithGo } from "./go";

type Schema = Record<"resources" | "functions", Record<string, object>>;

describeWithGo("the SDKs in sdk/", function () {
  // The first run on a machine builds the generator.
  this.timeout(20 * 60_000);
  let folder: string;
  let remove: () => Promise<void>;

  before(async () => {
    ({ folder, remove } = await temporaryFolder());
  });
  after(() => remove());

  it("are generated from schema.json, which Pulumi's metaschema accepts", async () => {
    const fresh = join(folder, "sdk");
    await generateSdks(fresh);
    const stale = await differences(fresh, resolve(__dirname, "../../sdk"));
    assert.deepEqual(stale, [], "run `npm run generate:sdk` and commit the result");
  });

  const mistakes: [string, (schema: Schema) => void, RegExp][] = [
    [
      "a field that the metaschema does not know",
      (schema) => Object.assign(schema.resources["mistral:index:FineTuningJob"] as object, { inputProperties: 1 }),
      /inputProperties/,
    ],
    [
      "a reference to a missing type",
      (schema) =>
        Object.assign(schema.functions["mistral:index:getModel"] as object, {
          inputs: { type: "object", properties: { a: { $ref: "#/types/mistral:index:Missing" } } },
        }),
      /Missing/,
    ],
  ];
  for (const [mistake, apply, message] of mistakes) {
    it(`are not generated from a schema with ${mistake}`, async () => {
      const schema = JSON.parse(await readFile(schemaFile, "utf8"));
      apply(schema);
      const file = join(folder, "invalid.json");
      await writeFile(file, JSON.stringify(schema));
      await assert.rejects(runSdkgen([file]), message);
    });
  }
});
