import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UNKNOWN } from "../../../provider/src/inputs/unknowns";
import { check, type RawInputs } from "../../../provider/src/lifecycle/check";
import { diff } from "../../../provider/src/lifecycle/diff";
import { TestHost, urnOf } from "../../support/host";
import { ASSET } from "../../support/samples";

const content = '{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}\n';
const sha256 = createHash("sha256").update(content).digest("hex");

describe("check", () => {
  let folder: string;
  let train: string;
  const host = new TestHost();
  const sent = { __urn: urnOf("Support Bot"), __organization: "acme" };
  const declared = (more: RawInputs = {}): RawInputs => ({
    model: "open-mistral-7b",
    trainingFiles: [train],
    hyperparameters: { trainingSteps: 10 },
    ...sent,
    ...more,
  });

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "check-"));
    train = join(folder, "train.jsonl");
    await writeFile(train, content);
  });
  after(() => rm(folder, { recursive: true }));

  const problems = async (news: RawInputs) => (await check({}, news, host)).problems;
  const checked = async (news: RawInputs, olds: RawInputs = {}) => {
    const result = await check(olds, news, host);
    assert.deepEqual(result.problems, []);
    return result.inputs;
  };

  it("warns when the API key leaves this machine without TLS", async () => {
    const warnings = async (baseUrl: string) => {
      const quiet = new TestHost({ baseUrl, apiKey: "a-key-of-the-test", maxRetries: "0", requestTimeout: "1" });
      await check({}, declared({ adopt: "an-id" }), quiet);
      return quiet.logged.filter(({ message }) => message.includes("sent unencrypted")).length;
    };
    const counts = await Promise.all(
      ["http://ft.example:8080", "https://ft.example", "http://127.0.0.1:9"].map(warnings),
    );
    assert.deepEqual(counts, [1, 0, 0]);
  });

  describe("files", () => {
    it("converts a path to its long form, with the hash and the size of the content", async () => {
      const { trainingFiles } = await checked(declared());
      assert.deepEqual(trainingFiles, [{ path: train, sha256, bytes: content.length, samples: 1 }]);
    });

    it("does not compare the size of validation data with training data of unknown size", async () => {
      const quiet = new TestHost({ baseUrl: "http://127.0.0.1:9", maxRetries: "0" });
      const warned = async (trainingFiles: unknown[]) => {
        await check({}, declared({ trainingFiles, validationFiles: [train] }), quiet);
        return quiet.logged.splice(0).filter(({ message }) => message.includes("bytes for validation data (1 MB"))
          .length;
      };
      assert.deepEqual([await warned([{ fileId: "f" }]), await warned([{ ...ASSET, text: `${content}\n` }])], [0, 1]);
    });

    it("names a remote asset without a URL", async () => {
      assert.deepEqual(await problems(declared({ trainingFiles: [{ ...ASSET, uri: "train.jsonl?key=secret" }] })), [
        "trainingFiles[0]: the remote asset: Invalid URL",
      ]);
    });

    it("replaces a FileAsset by its path, and keeps a StringAsset", async () => {
      const file = { ...ASSET, path: train, hash: sha256 };
      const text = { ...ASSET, text: `${content}\n`, hash: "of the engine" };
      const { trainingFiles } = await checked(declared({ trainingFiles: [{ asset: file, weight: 2 }, text] }));
      assert.deepEqual(trainingFiles, [
        { path: train, weight: 2, sha256, bytes: content.length, samples: 1 },
        {
          asset: text,
          sha256: createHash("sha256").update(`${content}\n`).digest("hex"),
          bytes: content.length + 1,
          samples: 1,
        },
      ]);
      assert.deepEqual((await checked(declared({ trainingFiles: [file] }))).trainingFiles, [
        { path: train, sha256, bytes: content.length, samples: 1 },
      ]);
    });

    it("keeps a hash in the inputs, even for a missing file", async () => {
      const recorded = { path: join(folder, "gone.jsonl"), sha256: "ab".repeat(32), bytes: 7 };
      const { trainingFiles } = await checked(declared({ trainingFiles: [recorded] }));
      assert.deepEqual(trainingFiles, [recorded]);
    });
  });

  describe("data that breaks a rule which is newer than the state", () => {
    const image = { type: "image_url", image_url: "https://images.invalid/x.png" };
    const withImage = `${JSON.stringify({
      messages: [
        { role: "user", content: [image] },
        { role: "assistant", content: "A cat." },
      ],
    })}\n`;
    const error =
      'images.jsonl:2: messages[0].content[0].type: images cannot be trained, found "image_url"; remove the image';
    let path: string;
    const offline = () => new TestHost({ baseUrl: "http://127.0.0.1:9", maxRetries: "0" });
    const files = () => ({ trainingFiles: [train, path] });
    const checkNow = async (olds: RawInputs, news: RawInputs) => {
      const host = offline();
      const { inputs, problems } = await check(olds, news, host);
      const warnings = host.logged.filter(({ importance }) => importance === "warning").map(({ message }) => message);
      return { inputs, problems, warnings };
    };

    /** The state of a release that accepted images: its rules counted two valid samples. */
    let olds: RawInputs;
    before(async () => {
      path = join(folder, "images.jsonl");
      await writeFile(path, content.replace("hi", "ho"));
      olds = await checked(declared(files()));
      await writeFile(path, content + withImage);
      const now = await readFile(path);
      const [first] = olds.trainingFiles as RawInputs[];
      const hash = createHash("sha256").update(now).digest("hex");
      olds.trainingFiles = [first, { path, sha256: hash, bytes: now.length, samples: 2 }];
    });

    it("is an error in a new resource", async () => {
      const { problems } = await checkNow({}, declared(files()));
      assert.deepEqual(problems, [`trainingFiles[1]: ${error.replace("images.jsonl", path)}`]);
    });

    it("is only a warning while the data is the same as in the state, and changes nothing else in the inputs", async () => {
      for (const more of [{}, { hyperparameters: { trainingSteps: 11 } }]) {
        const { inputs, problems, warnings } = await checkNow(olds, declared({ ...files(), ...more }));
        assert.deepEqual(problems, []);
        assert.equal(
          warnings[0],
          `trainingFiles[1]: ${error.replace("images.jsonl", path)}\n  This data has not changed since an earlier release accepted it, so this is only a warning. In changed data it is an error.`,
        );
        assert.deepEqual(inputs.trainingFiles, olds.trainingFiles);
      }
    });

    it("plans no change for an existing job", async () => {
      const { inputs } = await checkNow(olds, declared(files()));
      const settled: RawInputs = { ...olds, status: "SUCCESS", fineTunedModel: "ft:x" };
      assert.equal(inputs.__identity, settled.__identity);
      assert.deepEqual(diff("job", settled, inputs, offline()), { changes: false, replaces: [] });
    });

    it("is an error as soon as the data changes, or the inputs that decide which samples are valid", async () => {
      const targets = [{ name: "mood", labels: ["good", "bad"] }];
      for (const more of [
        { jobType: "classifier", classifierTargets: targets },
        { invalidSampleSkipPercentage: 0.1 },
      ]) {
        const { problems } = await checkNow(olds, declared({ ...files(), ...more }));
        assert.match(problems.join("\n"), /trainingFiles\[1\]: [\s\S]*images cannot be trained/);
      }
      await writeFile(path, content + withImage + content.replace("hi", "hey"));
      const { problems } = await checkNow(olds, declared(files()));
      assert.deepEqual(problems, [`trainingFiles[1]: ${error.replace("images.jsonl", path)}`]);
    });
  });

  describe("validation (badInput.test.ts tests the messages)", () => {
    it("never shows a secret's value", async () => {
      const secret = "wandb-key-that-is-too-short";
      const found = await problems(declared({ integrations: [{ type: "wandb", project: "p", apiKey: secret }] }));
      assert.match(found.join(), /^integrations\[0\]\.apiKey: /);
      assert.ok(!found.join().includes(secret));
    });

    it("accepts unknown values in a preview", async () => {
      const inputs = await checked({
        ...declared(),
        model: UNKNOWN,
        hyperparameters: { trainingSteps: UNKNOWN, epochs: 1 },
        trainingFiles: [UNKNOWN, { path: UNKNOWN }, train],
        connection: { apiKey: UNKNOWN },
        modelDeletionPolicy: UNKNOWN,
      });
      assert.equal(inputs.suffix, UNKNOWN);
      assert.deepEqual((inputs.trainingFiles as unknown[])[2], {
        path: train,
        sha256,
        bytes: content.length,
        samples: 1,
      });
    });

    it("accepts data while the rules are unknown", async () => {
      const targets = [{ name: "mood", labels: UNKNOWN }];
      assert.deepEqual(await problems(declared({ jobType: "classifier", classifierTargets: targets })), []);
    });

    it("reports problems next to an unknown value", async () => {
      const found = await problems(declared({ model: UNKNOWN, suffix: "x".repeat(19) }));
      assert.equal(found.length, 1);
      assert.match(found[0] as string, /^suffix: /);
    });

    it("converts custom timeouts to seconds", async () => {
      const { __timeouts } = await checked(
        declared({ __timeouts: { create: "1h30m", update: "90s", delete: "500ms" } }),
      );
      assert.deepEqual(__timeouts, { create: 5400, update: 90, delete: 0.5 });
    });
  });

  it("refuses to adopt a job again for changed inputs", async () => {
    const adopting = await checked(declared({ adopt: "a-job" }));
    await checked(declared({ adopt: "a-job" }), adopting);
    await checked(declared({ triggers: [1] }), adopting);
    const { problems: found } = await check(adopting, declared({ adopt: "a-job", triggers: [1] }), host);
    assert.deepEqual(found, [
      "adopt: the adopted job was not trained with the new triggers: remove adopt to train a new job",
    ]);
  });

  describe("the suffix", () => {
    it("consists of the resource's name and a hash of the inputs", async () => {
      const inputs = await checked(declared());
      assert.match(inputs.suffix as string, /^support-bo-[0-9a-f]{7}$/);
      assert.equal(inputs.__suffix, "auto");
      assert.equal((await checked(declared())).suffix, inputs.suffix);
    });

    it("depends on the organization, the URN, and every input that affects the training", async () => {
      const suffixes = await Promise.all(
        [
          {},
          { __organization: "other" },
          { __urn: urnOf("Support Bot", "prod") },
          { model: "open-mistral-nemo" },
          { hyperparameters: { trainingSteps: 11 } },
          { triggers: [1] },
          { trainingFiles: [{ path: train, weight: 2 }] },
          { integrations: [{ type: "wandb", project: "p", apiKey: "k".repeat(40) }] },
        ].map(async (more) => (await checked(declared(more))).suffix),
      );
      assert.equal(new Set(suffixes).size, suffixes.length);
    });

    it("does not depend on other inputs", async () => {
      const copy = join(folder, "copy.jsonl");
      await writeFile(copy, content);
      const { suffix } = await checked(declared());
      for (const more of [
        { trainingFiles: [copy] },
        { trainingFiles: [{ path: train, weight: 1 }] },
        { autoStart: false },
        { pollInterval: 5, waitForCompletion: false, maxCost: 3 },
        { connection: { apiKey: "k", baseUrl: "http://127.0.0.1:1" } },
        { modelName: "n", modelDescription: "d", modelDeletionPolicy: "delete" },
      ]) {
        assert.equal((await checked(declared(more))).suffix, suffix, JSON.stringify(more));
      }
    });

    it("survives a renamed stack, and changes with the training", async () => {
      const first = await checked(declared());
      const renamed = await checked(declared({ __urn: urnOf("Support Bot", "prod") }), first);
      assert.equal(renamed.suffix, first.suffix);
      assert.equal(renamed.__identity, first.__identity);
      const changed = await checked(declared({ triggers: [1] }), first);
      assert.notEqual(changed.suffix, first.suffix);
    });

    it("is the user's suffix if set, and stays when the user removes it", async () => {
      const first = await checked(declared({ suffix: "mine" }));
      assert.deepEqual([first.suffix, first.__suffix], ["mine", "user"]);
      const without = await checked(declared(), first);
      assert.deepEqual([without.suffix, without.__suffix, without.__identity], ["mine", "user", first.__identity]);
    });
  });
});
