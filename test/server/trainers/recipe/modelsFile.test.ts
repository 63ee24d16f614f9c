import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readModelsFile } from "../../../../server/src/trainers/recipe/modelsFile";
import { folder, removeFolders } from "../../support";

describe("server: the models file", () => {
  afterEach(removeFolders);

  function models(content: string) {
    const path = join(folder(), "models.yaml");
    writeFileSync(path, content);
    return { path, read: () => readModelsFile(path) };
  }

  it("merges the defaults into each entry, and resolves paths relative to the file", () => {
    const { path, read } = models(
      "defaults: {lora: {r: 16, alpha: 32}, packing: true}\n" +
        "models:\n  a: some/hub-id\n  b: {path: ./b, lora: {r: 4}, price: {per_million_tokens: 2, currency: EUR}}\n",
    );
    assert.deepEqual(
      [...read()],
      [
        ["a", { path: "some/hub-id", lora: { r: 16, alpha: 32 }, packing: true }],
        [
          "b",
          {
            path: join(path, "../b"),
            lora: { r: 4, alpha: 32 },
            packing: true,
            price: { per_million_tokens: 2, currency: "EUR" },
          },
        ],
      ],
    );
  });

  it("names the invalid field", () => {
    for (const [content, message] of [
      ["models: {a: {lora: {r: 4}}}", /models\.yaml: models\.a\.path: /],
      [
        "models: {a: {path: x, price: {per_million_tokens: -1, currency: EUR}}}",
        /models\.a\.price\.per_million_tokens: /,
      ],
      ["{}", /models\.yaml: models: /],
      ["models: [", /cannot read the models file/],
    ] as [string, RegExp][]) {
      assert.throws(models(content).read, { name: "UsageError", message });
    }
    assert.throws(() => readModelsFile("/nowhere/models.yaml"), /cannot read the models file .*ENOENT/);
  });
});
