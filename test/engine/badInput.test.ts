import assert from "node:assert/strict";
import { MistralClient } from "../../provider/src/client";
import { describeWithEngine } from "../support/engine";
import { sample } from "../support/samples";
import type { Stack } from "../support/stack";

const program = (...jobs: string[]) => `
import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";
const good = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const circular: any = {};
circular.self = circular;
${jobs.join("\n")}
`;

describeWithEngine("invalid input on the real engine", (engine) => {
  let stack: Stack;
  let client: MistralClient;
  const SECRET = "s3cret-value-never-to-be-printed";

  before(async () => {
    const server = await engine.server({ speed: 2000 });
    client = new MistralClient({ baseUrl: server.url });
    stack = await engine.stack({
      files: { "train.jsonl": sample("What?"), "train.csv": "question,answer\n" },
      config: { "mistral:baseUrl": server.url },
    });
  });
  afterEach(async () => {
    assert.equal((await client.jobs.list()).total, 0);
    assert.equal((await client.files.list()).data.length, 0);
  });

  /** Returns the diagnostics of a command, without the resource that they belong to. */
  const problems = async (command: Promise<{ code: number; output: string }>): Promise<string[]> => {
    const { code, output } = await command;
    assert.notEqual(code, 0, output);
    assert.doesNotMatch(output, /^\s+at /m);
    assert.ok(!output.includes(SECRET), output);
    const [, diagnostics = ""] = output.split("Diagnostics:");
    return [...diagnostics.matchAll(/^ +error: (?:\S+ resource '\w+' has a problem: )?(.*)$/gm)]
      .map(([, text]) => text as string)
      .sort();
  };
  const preview = async (...jobs: string[]) => {
    await stack.write("index.ts", program(...jobs));
    return problems(stack.preview());
  };

  it("is reported by the preview, one line for each problem with its path", async () => {
    const found = await preview(`new FineTuningJob("bot", {
      modell: "m",
      trainingFiles: ["train.jsonl", null, { pth: "${SECRET}" }],
      hyperparameters: { trainingSteps: "${SECRET}", epochs: NaN, learningRte: 1, seqLen: null },
      suffix: "x".repeat(19),
      maxCost: NaN,
      connection: { apiKey: "${SECRET}", baseUrl: 5 },
      modelDeletionPolicy: pulumi.secret("${SECRET}"),
    } as any);`);
    assert.deepEqual(found, [
      "connection.baseUrl: expected a string, got a number",
      "hyperparameters.epochs: expected a number, got NaN",
      "hyperparameters.learningRte: unknown input; did you mean learningRate?",
      "hyperparameters.seqLen: expected a number, got null",
      "hyperparameters.trainingSteps: expected a number, got a string",
      "maxCost: expected a number, got NaN",
      'modelDeletionPolicy: expected "retain", "archive" or "delete", got a different string',
      "modell: unknown input; did you mean model?",
      "suffix: expected at most 18 characters, got 19",
      "trainingFiles[1]: expected a path, an asset or an object, got null",
      "trainingFiles[2].pth: unknown input; did you mean path?",
    ]);
  });

  it("is reported for a data file in every form", async () => {
    const found = await preview(`new FineTuningJob("bot", {
      ...good,
      trainingFiles: [new pulumi.asset.FileAsset("no.jsonl"), { path: "train.csv" }, "."],
      validationFiles: [new pulumi.asset.StringAsset("${SECRET}")],
    });`);
    assert.deepEqual(found, [
      `trainingFiles[0]: no.jsonl: no such file (resolved to ${stack.folder}/no.jsonl)`,
      "trainingFiles[1]: train.csv:1: is not valid JSON (at character 1)",
      "trainingFiles[2]: .: expected a file, got a directory",
      "validationFiles[0]: the string asset:1: is not valid JSON (at character 1)",
    ]);
  });

  it("is reported where Pulumi itself would print a stack trace", async () => {
    assert.deepEqual(await preview('new FineTuningJob("bot", { ...good, triggers: [circular] });'), [
      "FineTuningJob bot: triggers[0].self: expected plain data, got a value that contains itself",
    ]);
    assert.deepEqual(await preview('new FineTuningJob("bot", good, { customTimeouts: { create: "90" } });'), [
      'FineTuningJob bot: customTimeouts.create: expected a duration in h, m and s, such as "90m" or "1h30m", got a string in another format',
    ]);
  });

  it("is reported by `up` when only the server can detect it", async () => {
    await stack.config("mistral:maxRetries", "0");
    const up = async (job: string) => {
      await stack.write("index.ts", program(job));
      return problems(stack.up());
    };
    const connection = `connection: { baseUrl: "http://127.0.0.1:1", apiKey: "${SECRET}" }`;
    assert.deepEqual(await up(`new FineTuningJob("bot", { ...good, ${connection} });`), [
      "GET /v1/fine_tuning/jobs on http://127.0.0.1:1: 127.0.0.1:1 refused the connection (ECONNREFUSED). Check that the server is running and that the port is correct (mistral:baseUrl, MISTRAL_BASE_URL).",
      "update failed",
    ]);
    assert.deepEqual(await up('new FineTuningJob("bot", { ...good, validationFiles: [{ fileId: "no-such" }] });'), [
      "update failed",
      `validationFiles[0].fileId: no-such on ${client.baseUrl}: no such file: it was deleted, or belongs to another organization or server`,
    ]);
  });
});
