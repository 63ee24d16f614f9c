import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MistralClient } from "../../../../provider/src/client";
import { check } from "../../../../provider/src/lifecycle/check";
import { create } from "../../../../provider/src/lifecycle/create";
import type { Inputs } from "../../../../provider/src/schema/inputs";
import { type RunningServer, startServer } from "../../../../server/src";
import { englishSamples } from "../../../support/englishData";
import { fastClock, TestHost, urnOf } from "../../../support/host";

const FAKE_PROGRAM = join(__dirname, "../../../server/recipes/fake.js");
const MODEL = "open-mistral-7b";
const LARGEST_DIFFERENCE = 0.15;
/** The preview shows amounts below 1 with two digits. */
const ROUNDING = 1.05;

/** The corpus: made-up English conversations, as instruct data, with this many samples. About 0.7 kB per sample. */
const SIZES = [50, 2_000];

const LENGTHS = [{}, { epochs: 2 }, { trainingSteps: 100 }, { trainingSteps: 30, seqLen: 1_024 }];

describe("the cost in the preview, compared with the cost of the validated job", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "validated-cost-"));
    // A price of this size leaves enough digits of the cost to compare.
    const price = { per_million_tokens: 3_000, currency: "EUR" };
    await writeFile(join(folder, "models.json"), JSON.stringify({ models: { [MODEL]: { path: "./base", price } } }));
  });
  after(() => rm(folder, { recursive: true }));

  for (const trainer of ["simulated", "process"] as const) {
    describe(`with the trainer ${trainer}`, () => {
      let server: RunningServer;
      before(async () => {
        server = await startServer({
          dataDir: join(folder, trainer),
          trainer,
          speed: 10_000,
          models: join(folder, "models.json"),
          recipe: `'${process.execPath}' '${FAKE_PROGRAM}'`,
        });
      });
      after(() => server.close());

      for (const samples of SIZES) {
        for (const [index, hyperparameters] of LENGTHS.entries()) {
          it(`differs by at most 15 % for ${samples} samples and ${JSON.stringify(hyperparameters)}`, async () => {
            const name = `${samples}-${index}`;
            // Different data for each job: the server must not have the data yet.
            const path = join(folder, `${name}.jsonl`);
            await writeFile(path, englishSamples(samples, index));
            const declared = {
              model: MODEL,
              trainingFiles: [path],
              hyperparameters,
              autoStart: false,
              __urn: urnOf(name),
            };
            const host = new TestHost({ baseUrl: server.url });
            const { inputs, problems } = await check({}, declared, host);
            assert.deepEqual(problems, []);
            const preview = figures(host.logged.map(({ message }) => message).join("\n"));
            host.clock = fastClock(20);
            const { outputs } = await create(inputs as unknown as Inputs, host);
            assert.equal(outputs.status, "VALIDATED");
            const { cost = 0, costCurrency, jobId } = outputs;
            const { metadata } = await new MistralClient({ baseUrl: server.url }).jobs.get(jobId);
            const text = JSON.stringify({ preview, cost });
            assert.equal(preview.currency, costCurrency);
            assert.ok(cost > 0 && Math.abs(preview.cost / cost - 1) <= LARGEST_DIFFERENCE, text);
            assert.ok(preview.low <= cost * ROUNDING && cost <= preview.high * ROUNDING, text);
            assert.ok(preview.high / preview.low <= 3.01, `the bounds are wider than a factor of 3: ${text}`);
            if (hyperparameters.trainingSteps) assert.equal(preview.steps, hyperparameters.trainingSteps);
            assert.equal(preview.steps, metadata?.total_steps);
          });
        }
      }
    });
  }
});

/** Reads the figures from the text of the preview. */
function figures(text: string) {
  const [, steps] = /^training: (?:about )?([\d,]+) steps?,/m.exec(text) ?? [];
  const [, cost, currency, low = cost, high = cost] =
    /^cost: (?:about )?([\d.,]+) ([A-Z]{3})(?: \(([\d.,]+) to ([\d.,]+)\))?, by the training rule of/m.exec(text) ?? [];
  assert.ok(steps && cost && currency, text);
  const number = (digits: unknown) => Number(String(digits).replaceAll(",", ""));
  return { steps: number(steps), cost: number(cost), currency, low: number(low), high: number(high) };
}
