import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { fileAssetsToPaths } from "../../../provider/src/resource/fileAssets";
import { validateArgs } from "../../../provider/src/resource/validateArgs";

const circular: Record<string, unknown> = { depth: 1 };
circular.list = [circular];
const deep = Array.from({ length: 200 }).reduce<unknown>((inner) => [inner], []);
const twice = { a: 1 };
const DURATION = 'expected a duration in h, m and s, such as "90m" or "1h30m"';

/** Arguments on which Pulumi would fail with a stack trace, or which it would silently drop. */
const refused: [what: string, args: unknown, line: string, opts?: unknown][] = [
  ["no inputs", undefined, "expected the inputs as an object"],
  [
    "circular triggers",
    { triggers: [1, circular] },
    "triggers[1].list[0]: expected plain data, got a value that contains itself",
  ],
  ["endless nesting", { triggers: deep }, `triggers${"[0]".repeat(99)}: expected plain data, got more than 100 levels`],
  ["a symbol", { triggers: [Symbol("x")] }, "triggers[0]: expected plain data, got a symbol"],
  ["a bigint", { triggers: [1n] }, "triggers[0]: expected plain data, got a bigint"],
  ["a function", { triggers: [{ "a b": () => 1 }] }, 'triggers[0]["a b"]: expected plain data, got a function'],
  ["a Date", { triggers: [new Date()] }, "triggers[0]: expected plain data, got a Date"],
  ["a Map", { hyperparameters: new Map() }, "hyperparameters: expected plain data, got a Map"],
  ["a Buffer", { triggers: [Buffer.from("x")] }, "triggers[0]: expected plain data, got a Uint8Array"],
  [
    "a duration in days, a unit that the engine does not support",
    {},
    `customTimeouts.create: ${DURATION}, got a string in another format`,
    { customTimeouts: { create: "2d" } },
  ],
];

describe("argument validation in the constructor", () => {
  for (const [what, args, line, opts = {}] of refused) {
    it(`refuses ${what}, without a stack trace`, () => {
      assert.throws(
        () => validateArgs("FineTuningJob", "bot", args as never, opts as never),
        (error) => {
          assert.ok(pulumi.RunError.isInstance(error));
          assert.equal(error.message, `FineTuningJob bot: ${line}`);
          return true;
        },
      );
    });
  }

  it("accepts values that Pulumi can serialize, and the same value in two places", () => {
    const file = new pulumi.asset.FileAsset("train.jsonl");
    const args = {
      model: pulumi.output("m"),
      trainingFiles: [file, { asset: file }, Promise.resolve("x")],
      triggers: [twice, twice, null, undefined, 1, "x", true, { nested: [pulumi.secret("s")] }],
    };
    validateArgs("FineTuningJob", "bot", args as never, { customTimeouts: { create: "1h30m", delete: "" } });
  });

  it("replaces a FileAsset by its path, so that the engine does not read the file", async () => {
    const file = new pulumi.asset.FileAsset("no.jsonl");
    const text = new pulumi.asset.StringAsset("{}");
    const known = pulumi.output("x");
    const args = { model: "m", trainingFiles: [file, { asset: file, weight: 2 }, text, known, "y"] };
    assert.deepEqual(fileAssetsToPaths(args as never), {
      model: "m",
      trainingFiles: [file.path, { path: file.path, weight: 2 }, text, known, "y"],
    });
    assert.equal(String(await file.path), "no.jsonl");
  });
});
