import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import fc from "fast-check";
import { JobType } from "../../common/src";
import { estimateTraining, type MegabytesRule, type RowsRule, TrainingRule } from "../../common/src/trainingRule";
import { skipUnlessCi } from "../support/ci";

const MEBIBYTE = 1024 ** 2;

const rows: RowsRule = {
  rule: "rows",
  seq_len: 4096,
  rows_per_step: 8,
  packing: true,
  epochs: 3,
  min_steps: 20,
  min_steps_per_epoch: 20,
  characters_per_token: 4,
};

const megabytes: MegabytesRule = {
  rule: "megabytes",
  bytes_per_step: MEBIBYTE,
  sequences_per_step: 4,
  seq_len: 32_768,
  epochs: 1,
  max_steps: 1_000_000,
  characters_per_token: 4,
  price: { per_million_tokens: 2, currency: "USD" },
};

const totals = (samples: number, tokensEach: number) => ({
  bytes: samples * tokensEach * 5,
  samples,
  tokens: samples * tokensEach,
  longestSample: tokensEach,
});

describe("the training rule", () => {
  it("trains three epochs and at least 20 steps by default", () => {
    const steps = (samples: number) => estimateTraining(rows, totals(samples, 100), {}, "completion").totalSteps;
    assert.deepEqual([1, 5, 20, 200, 50_000].map(steps), [20, 20, 60, 60, 459]);
  });

  it("uses shorter packed rows before a smaller batch", () => {
    // 200 samples of 100 tokens: 8 rows in each of 20 steps need rows of 125 tokens.
    const { totalSteps, tokensPerStep, epochs } = estimateTraining(rows, totals(200, 100), { epochs: 1 }, "completion");
    assert.deepEqual([totalSteps, tokensPerStep, epochs], [20, 1000, 1]);
  });

  it("counts a conversation up to the length of a row, and a text completely", () => {
    const long = totals(100, 40_000);
    const tokens = (hasTexts: boolean) =>
      estimateTraining(rows, { ...long, hasTexts }, { epochs: 1 }, "completion").trainedTokens;
    assert.ok(tokens(false) <= 110 * rows.seq_len, `${tokens(false)}`);
    assert.ok(tokens(true) >= 3_900_000, `${tokens(true)}`);
  });

  it("computes the cost from the trained tokens", () => {
    const priced = { ...rows, price: { per_million_tokens: 3, currency: "EUR" } };
    const estimate = estimateTraining(priced, totals(200, 100), { trainingSteps: 50 }, "completion");
    assert.equal(estimate.trainedTokens, estimate.tokensPerStep * 50);
    assert.deepEqual([estimate.cost, estimate.currency], [Number((estimate.trainedTokens * 3e-6).toFixed(4)), "EUR"]);
    assert.ok(!("cost" in estimateTraining(rows, totals(200, 100), {}, "completion")));
  });

  it("never splits an epoch of a program without its own rule", () => {
    const undeclared = { ...rows, epochs: 1, min_steps: 1, min_steps_per_epoch: 1 };
    const { totalSteps, tokensPerStep } = estimateTraining(undeclared, totals(200, 100), {}, "completion");
    assert.deepEqual([totalSteps, tokensPerStep], [1, 20_000]);
  });

  it("estimates one step per megabyte for the simulated trainer", () => {
    const size = fc.record({
      bytes: fc.integer({ min: 1, max: 1e12 }),
      repositories: fc.integer({ min: 0, max: 20 }),
      trainingSteps: fc.option(fc.integer({ min: 1, max: 1e6 }), { nil: undefined }),
      epochs: fc.option(fc.double({ min: 0.01, max: 10_000, noNaN: true }), { nil: undefined }),
      seqLen: fc.option(fc.integer({ min: 100, max: 1e6 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(size, ({ bytes, repositories, trainingSteps, epochs, seqLen }) => {
        const data = { bytes, samples: 3, tokens: 3, repositories };
        const estimate = estimateTraining(megabytes, data, { trainingSteps, epochs, seqLen }, "completion");
        // The formula of release 0.1.0.
        const size = Math.max(bytes / MEBIBYTE + repositories, 1 / MEBIBYTE);
        const totalSteps = trainingSteps ?? Math.min(1_000_000, Math.max(1, Math.round((epochs ?? 1) * size)));
        const tokensPerStep = 4 * (seqLen ?? 32_768);
        assert.deepEqual(estimate, {
          totalSteps,
          epochs: Number((totalSteps / size).toPrecision(6)),
          tokensPerStep,
          trainedTokens: totalSteps * tokensPerStep,
          cost: Number((((totalSteps * tokensPerStep) / 1e6) * 2).toFixed(4)),
          currency: "USD",
        });
      }),
    );
  });

  it("survives JSON, and ignores fields of a newer server", () => {
    for (const rule of [rows, megabytes]) {
      assert.deepEqual(TrainingRule.parse(JSON.parse(JSON.stringify({ ...rule, newer: 1 }))), rule);
    }
    assert.ok(!TrainingRule.safeParse({ rule: "unknown" }).success);
  });

  it("plans as the included recipe does", function () {
    if (spawnSync("python3", ["--version"]).status !== 0) {
      skipUnlessCi(this, "there is no python3 here");
    }
    const optional = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
    const example = fc.record({
      samples: fc.integer({ min: 1, max: 3000 }),
      tokens: fc.integer({ min: 1, max: 300 }),
      isClassifier: fc.boolean(),
      asked: fc.record({ trainingSteps: optional(500), epochs: optional(5), seqLen: fc.constantFrom(undefined, 512) }),
      rule: fc.record({
        packing: fc.boolean(),
        fixed_row_length: fc.boolean(),
        batch_size: optional(16),
        gradient_accumulation_steps: optional(8),
        workers: optional(4),
      }),
    });
    const cases = fc.sample(example, { numRuns: 500, seed: 13 }).map(({ rule, ...each }) => ({
      ...each,
      rule: { ...rows, ...rule, packing: rule.packing || rule.fixed_row_length },
    }));
    const input = JSON.stringify(cases.map(({ isClassifier, ...each }) => ({ ...each, is_classifier: isClassifier })));
    const { stdout, stderr } = spawnSync("python3", [join(__dirname, "planByRecipe.py")], { input, encoding: "utf8" });
    assert.equal(stderr, "");
    for (const [index, plan] of JSON.parse(stdout).entries()) {
      const { rule, samples, tokens, asked, isClassifier } = cases[index] as (typeof cases)[number];
      const type = isClassifier ? JobType.Classifier : JobType.Completion;
      const estimate = estimateTraining(rule as RowsRule, totals(samples, tokens), asked, type);
      const message = JSON.stringify(cases[index]);
      assert.equal(estimate.totalSteps, plan.totalSteps, message);
      assert.equal(estimate.epochs, Number(plan.epochs.toPrecision(6)), message);
      assert.ok(Math.abs(estimate.tokensPerStep - plan.tokensPerStep) <= 1, message);
    }
  });
});
