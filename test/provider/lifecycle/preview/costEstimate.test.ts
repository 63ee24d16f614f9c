import assert from "node:assert/strict";
import { UNKNOWN } from "../../../../provider/src/inputs/unknowns";
import { check, type RawInputs } from "../../../../provider/src/lifecycle/check";
import type { TestHost } from "../../../support/host";
import { urnOf } from "../../../support/host";
import { LifecycleHarness } from "../../../support/lifecycle";
import { sample } from "../../../support/samples";
import { type Answer, ScriptedServer } from "../../../support/scriptedServer";

/** 1,000 different samples of 80 characters (20 tokens) each. */
const data = Array.from({ length: 1000 }, (_, index) => sample(`${index}`.padStart(20, "q"), "a".repeat(60))).join("");
const prices = JSON.stringify({ "open-mistral-7b": { perMillionTokens: "2", currency: "EUR" } });

/** Answers as a server without jobs and files, whose model has this training rule. */
const emptyServer =
  (training?: object): Answer =>
  ({ path }, response) => {
    const reply = path.startsWith("/v1/models/")
      ? { id: "open-mistral-7b", object: "model", ...(training && { training }) }
      : { object: "list", data: [], total: 0 };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
  };

describe("the cost estimate of a new job", () => {
  let harness: LifecycleHarness;
  /** A server that publishes no training rule, such as the hosted service. */
  let ruleless: ScriptedServer;
  before(async () => {
    harness = await LifecycleHarness.create();
    ruleless = await ScriptedServer.start();
    ruleless.script(emptyServer());
  });
  after(async () => {
    await ruleless.stop();
    await harness.end();
  });
  const rulelessHost = (config: Record<string, string> = {}) => harness.host({ baseUrl: ruleless.url, ...config });

  const forecast = async (inputs: RawInputs, host: TestHost, olds: RawInputs = {}) => {
    const trainingFiles = [await harness.file("train.jsonl", data)];
    const declared = { model: "open-mistral-7b", trainingFiles, __urn: urnOf("new"), ...inputs };
    const result = await check(olds, declared, host);
    const said = host.logged.filter(({ importance }) => importance === "milestone");
    return { ...result, lines: said.flatMap(({ message }) => message.split("\n")) };
  };

  it("shows samples, tokens by role and steps of the data, and an unknown cost", async () => {
    const { lines, problems } = await forecast({ hyperparameters: { epochs: 3 } }, rulelessHost());
    assert.deepEqual(problems, []);
    assert.deepEqual(lines, [
      `training data: 1,000 samples in ${data.length / 1000} kB, about 20,000 tokens (user 5,000, assistant 15,000), longest sample: about 20 tokens`,
      "training: about 1 step, 3 epochs, about 60,000 tokens",
      "cost: unknown until the server has the data; set mistral:prices for an estimate",
      "Estimates assume four characters per token and one MB of data per step (the hosted service's rule). A self-hosted server reports its own figures once it has the data.",
    ]);
  });

  it("estimates the cost from mistral:prices, with bounds and the source", async () => {
    const { lines } = await forecast({ hyperparameters: { epochs: 100 } }, rulelessHost({ prices }));
    assert.equal(lines[2], "cost: about 4.00 EUR (2.67 to 8.00), from mistral:prices (2 EUR per million tokens)");
  });

  it("gives no estimate for a fixed number of steps, because the server chooses the tokens per step", async () => {
    const { lines } = await forecast({ hyperparameters: { trainingSteps: 10 } }, rulelessHost());
    assert.equal(lines[1], "training: 10 steps");
  });

  it("fails only when even the lower bound of the cost is above maxCost", async () => {
    const hyperparameters = { epochs: 100 };
    const { problems } = await forecast({ hyperparameters, maxCost: 2.6 }, rulelessHost({ prices }));
    assert.deepEqual(problems, [
      "maxCost: the training costs more than 2.6: about 4.00 EUR (2.67 to 8.00), from mistral:prices (2 EUR per million tokens). Raise maxCost, or reduce the training.",
    ]);
    assert.deepEqual((await forecast({ hyperparameters, maxCost: 2.7 }, rulelessHost({ prices }))).problems, []);
  });

  it("has bounds of a factor of 3, also for a fixed number of steps", async () => {
    const hyperparameters = { trainingSteps: 1000 };
    const { lines } = await forecast({ hyperparameters }, rulelessHost({ prices }));
    const bounds = /^cost: about [\d.]+ EUR \(([\d.]+) to ([\d.]+)\)/.exec(lines[2] as string) ?? [];
    assert.ok(Math.abs(Number(bounds[2]) / Number(bounds[1]) - 3) < 0.01, lines[2]);
  });

  it("accepts any cost when autoStart is false, because nothing is spent", async () => {
    const dear = { hyperparameters: { epochs: 100 }, maxCost: 0 };
    for (const autoStart of [false, UNKNOWN]) {
      assert.deepEqual((await forecast({ ...dear, autoStart }, rulelessHost({ prices }))).problems, []);
    }
  });

  describe("from a server that has the data", () => {
    let server: ScriptedServer;
    before(async () => {
      server = await ScriptedServer.start();
    });
    after(() => server.stop());
    const declared = { trainingFiles: [{ fileId: "f" }], hyperparameters: { trainingSteps: 7 } };
    const noJobs = { json: { object: "list", data: [], total: 0 } };

    it("prices the server's token count when the server does not report a cost", async () => {
      server.script(noJobs, { json: { training_steps: 7, train_tokens: 2_000_000 } });
      const { lines } = await forecast(declared, harness.host({ baseUrl: server.url, prices }));
      assert.equal(lines[1], "cost: 4.00 EUR, from mistral:prices (2 EUR per million tokens)");
      server.script(noJobs, { json: { training_steps: 7, train_tokens: 2_000_000 } });
      const unpriced = await forecast(declared, harness.host({ baseUrl: server.url }));
      assert.equal(
        unpriced.lines[1],
        "cost: unknown: the server does not report it; set mistral:prices for an estimate",
      );
    });

    it("is shown with bounds while the server has only estimated it", async () => {
      const reply = { training_steps: 7, train_tokens: 3_000_000, cost: 6, cost_currency: "EUR", estimated: true };
      server.script(noJobs, { json: reply });
      const { lines } = await forecast(declared, harness.host({ baseUrl: server.url }));
      assert.deepEqual(lines, [
        "training: 7 steps, about 3,000,000 tokens",
        `cost: about 6.00 EUR (4.00 to 12.00), reported by ${server.url}`,
      ]);
      server.script(noJobs, { json: { ...reply, estimated: false } });
      const exact = await forecast({ ...declared, maxCost: 5.9 }, harness.host({ baseUrl: server.url }));
      assert.deepEqual(exact.lines, [
        "training: 7 steps, 3,000,000 tokens",
        `cost: 6.00 EUR, reported by ${server.url}`,
      ]);
      assert.equal(exact.problems.length, 1);
    });

    it("is requested once when the server fails: a hundred new jobs must not wait a hundred times", async () => {
      const host = () => harness.host({ baseUrl: server.url, maxRetries: "0" });
      server.script({ status: 503, json: { message: "later" } });
      const answers = [await forecast(declared, host()), await forecast(declared, host())];
      for (const { lines } of answers) {
        assert.match(lines[0] as string, /^cost: unknown \(.*503/);
      }
      assert.equal(server.received.length, 1);
    });
  });

  describe("by the rule that the server publishes", () => {
    let server: ScriptedServer;
    beforeEach(async () => {
      server = await ScriptedServer.start();
    });
    afterEach(() => server.stop());
    const rule = {
      rule: "rows",
      seq_len: 4096,
      rows_per_step: 8,
      packing: true,
      epochs: 3,
      min_steps: 20,
      min_steps_per_epoch: 20,
      characters_per_token: 5,
    };
    const price = { per_million_tokens: 3, currency: "EUR" };
    const host = (config = {}) => harness.host({ baseUrl: server.url, ...config });
    const basis = () =>
      `Estimated by the training rule of ${server.url}, at 5 characters per token. The server reports its own figures once it has the data.`;

    it("shows the default length of a training, and its cost with bounds of a factor of 3", async () => {
      server.script(emptyServer({ ...rule, price }));
      const { lines } = await forecast({}, host({ prices }));
      assert.deepEqual(lines.slice(1), [
        "training: about 60 steps, 3 epochs, about 48,000 tokens",
        `cost: about 0.14 EUR (0.096 to 0.29), by the training rule of ${server.url}`,
        basis(),
      ]);
    });

    it("shows the steps that the user sets, and compares the lower bound of the cost with maxCost", async () => {
      server.script(emptyServer({ ...rule, price }));
      const inputs = { hyperparameters: { trainingSteps: 100 } };
      const { lines } = await forecast(inputs, host());
      assert.deepEqual(lines.slice(1), [
        "training: 100 steps, about 1,600,000 tokens",
        `cost: about 4.80 EUR (3.20 to 9.60), by the training rule of ${server.url}`,
        basis(),
      ]);
      assert.deepEqual((await forecast({ ...inputs, maxCost: 3.2 }, host())).problems, []);
      assert.match(
        (await forecast({ ...inputs, maxCost: 3.1 }, host())).problems[0] as string,
        /^maxCost: the training costs more than 3\.1: about 4\.80 EUR/,
      );
    });

    it("uses mistral:prices only if the server publishes no price", async () => {
      server.script(emptyServer(rule));
      const inputs = { hyperparameters: { trainingSteps: 100 } };
      const priced = await forecast(inputs, host({ prices }));
      assert.equal(
        priced.lines[2],
        "cost: about 3.20 EUR (2.13 to 6.40), from mistral:prices (2 EUR per million tokens)",
      );
      const { lines } = await forecast(inputs, host());
      assert.equal(lines[2], "cost: unknown: the server publishes no price; set mistral:prices for an estimate");
    });

    it("is requested once for all jobs with the same model", async () => {
      server.script(emptyServer(rule));
      for (const trainingSteps of [1, 2, 3]) await forecast({ hyperparameters: { trainingSteps } }, host());
      await forecast({ model: "other" }, host());
      const models = server.received.map(({ path }) => path).filter((path) => path.startsWith("/v1/models"));
      assert.deepEqual(models, ["/v1/models/open-mistral-7b", "/v1/models/other"]);
    });

    it("is not requested for a job that exists: the preview of an unchanged stack sends no request", async () => {
      const { inputs } = await forecast({}, harness.host({ baseUrl: "http://127.0.0.1:9", maxRetries: "0" }));
      server.script(emptyServer(rule));
      await forecast({}, host(), inputs);
      assert.deepEqual(server.received, []);
    });

    it("is ignored when this release does not know it", async () => {
      server.script(emptyServer({ ...rule, rule: "newer" }));
      const { lines } = await forecast({ hyperparameters: { epochs: 100 } }, host({ prices }));
      assert.equal(lines[2], "cost: about 4.00 EUR (2.67 to 8.00), from mistral:prices (2 EUR per million tokens)");
    });

    it("is not needed for a model that the server does not have", async () => {
      server.script((request, response) => {
        if (!request.path.startsWith("/v1/models"))
          return (emptyServer() as (...args: unknown[]) => void)(request, response);
        response.writeHead(404, { "content-type": "application/json" }).end('{"message":"no"}');
      });
      const { lines } = await forecast({ hyperparameters: { epochs: 3 } }, host());
      assert.equal(lines[2], "cost: unknown until the server has the data; set mistral:prices for an estimate");
    });
  });

  it("comes from the server when it has the data, without changing the server", async () => {
    const { id: fileId } = await harness.client.files.upload({ name: "given.jsonl", content: data });
    const declared = { trainingFiles: [{ fileId }], hyperparameters: { trainingSteps: 7 } };
    const { lines, problems } = await forecast(declared, harness.host({ prices }));
    assert.deepEqual(problems, []);
    assert.match(lines[0] as string, /^training: 7 steps, 917,504 tokens, about \d+ s$/);
    assert.equal(lines[1], `cost: 1.84 USD, reported by ${harness.url} (simulated: nothing is paid)`);
    assert.match(
      (await forecast({ ...declared, maxCost: 1.8 }, harness.host())).problems[0] as string,
      /^maxCost: .*1\.84/,
    );
    assert.deepEqual(await harness.jobs(), []);
  });

  it("is omitted for an existing job; the preview reports that the job is reused", async () => {
    const { id, outputs } = await harness.create("stands");
    const again = {
      __urn: urnOf("stands"),
      hyperparameters: { trainingSteps: 20 },
      trainingFiles: outputs.trainingFiles,
    };
    assert.deepEqual((await forecast(again, harness.host(), outputs)).lines, []);
    assert.deepEqual((await forecast({ ...again, maxCost: 0 }, harness.host({ prices }))).lines, [
      `fine-tuning job ${id} (SUCCESS) has the same inputs: \`pulumi up\` adopts it. Nothing is trained or paid again`,
    ]);
  });

  it("continues without the server's estimate, and reports the reason", async () => {
    const server = await ScriptedServer.start();
    server.script({ status: 403, json: { message: "no" } });
    const { lines, problems } = await forecast({}, harness.host({ baseUrl: server.url, apiKey: "k" }));
    await server.stop();
    assert.deepEqual(problems, []);
    assert.equal(lines[1], "training: the server chooses the length; an epoch takes about 1 step");
    assert.match(lines[2] as string, /^cost: unknown \(GET \/v1\/fine_tuning\/jobs on .*: 403 Forbidden: no/);
  });

  it("succeeds without a key, as in a fork's pull request", async () => {
    const { lines, problems } = await forecast({}, harness.host({ baseUrl: "https://api.invalid" }));
    assert.deepEqual(problems, []);
    assert.match(lines[2] as string, /^cost: unknown \(No API key is set for https:\/\/api\.invalid\./);
  });

  for (const [value, line] of [
    ["cheap", "mistral:prices: expected an object, got a string"],
    [
      '{"m":{"perMillionTokens":-1,"currency":"EUR"}}',
      "mistral:prices.m.perMillionTokens: expected a number that is at least 0, got a number out of range",
    ],
    ['{"m":{"perMillionTokens":"","currency":"EUR"}}', "mistral:prices.m.perMillionTokens: expected a number, got NaN"],
    ['{"m":{"perMillionTokens":1}}', "mistral:prices.m.currency: is required"],
  ] as const) {
    it(`rejects invalid prices: ${line}`, async () => {
      assert.deepEqual((await forecast({}, harness.host({ prices: value }))).problems, [line]);
      assert.deepEqual((await forecast({ connection: UNKNOWN }, harness.host({ prices: value }))).problems, [line]);
    });
  }
});
