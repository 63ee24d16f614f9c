import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";

const quickstart = resolve(__dirname, "../../examples/quickstart");

describeWithEngine("the data of a job, before the training costs anything", (engine) => {
  const step = sequence();
  let stack: Stack;
  let remote: Remote;
  let good: string;

  before(async () => {
    const { url } = await engine.server({ speed: 2000 });
    remote = new Remote(url);
    stack = await engine.stack({ program: quickstart, env: { MISTRAL_BASE_URL: url } });
    good = await readFile(join(quickstart, "train.jsonl"), "utf8");
  });

  step("fails the preview and names the one invalid line", async () => {
    const lines = good.split("\n");
    lines[16] = JSON.stringify({
      messages: [
        { role: "user", content: "How?" },
        { role: "user", content: "And how?" },
      ],
    });
    await stack.write("train.jsonl", lines.join("\n"));
    await fails(
      stack.preview(),
      /trainingFiles\[0\]: train\.jsonl:17: messages\[1\]\.role: expected "assistant" after "user", found "user"\n/,
    );
    await stack.write("train.jsonl", good);
  });

  step("shows samples, tokens, steps and the cost from mistral:prices when no server publishes a price", async () => {
    await succeeds(stack.cmd("config", "set", "mistral:baseUrl", "http://127.0.0.1:9"));
    await succeeds(stack.cmd("config", "set", "mistral:maxRetries", "0"));
    const price = "mistral:prices.open-mistral-7b";
    await succeeds(stack.cmd("config", "set", "--path", `${price}.perMillionTokens`, "2.5"));
    await succeeds(stack.cmd("config", "set", "--path", `${price}.currency`, "EUR"));
    const output = await succeeds(stack.preview());
    const samples = good.trim().split("\n").length;
    assert.match(output, new RegExp(`training data: ${samples} samples in 20\\.3 kB, about [\\d,]+ tokens \\(`));
    assert.match(output, /training: 100 steps\n/);
    assert.match(
      output,
      /cost: about [\d.]+ EUR \([\d.]+ to [\d.]+\), from mistral:prices \(2\.5 EUR per million tokens\)/,
    );
    await succeeds(stack.cmd("config", "rm", "mistral:baseUrl"));
    await succeeds(stack.cmd("config", "rm", "mistral:maxRetries"));
  });

  step("shows the cost from the price that the server publishes in the preview of a new job", async () => {
    const output = await succeeds(stack.preview());
    assert.match(output, /training: 100 steps, 13,107,200 tokens\n +cost: 26\.21 USD, by the training rule of http/);
    assert.doesNotMatch(output, /mistral:prices/);
    assert.deepEqual([await remote.jobs(), await remote.files()], [[], []]);
  });

  step("fails the preview when the lowest possible cost is above maxCost", async () => {
    const program = await readFile(join(quickstart, "index.ts"), "utf8");
    await stack.write("index.ts", program.replace("hyperparameters", "maxCost: 0.001, hyperparameters"));
    await fails(stack.preview(), /maxCost: the training costs more than 0\.001: 26\.21 USD/);
    await stack.write("index.ts", program);
  });

  step(
    "is not mentioned for an existing job, and is compared with the old data before the job is replaced",
    async () => {
      await succeeds(stack.up());
      assert.doesNotMatch(await succeeds(stack.preview()), /training data|cost:/);
      await stack.write("train.jsonl", good + sample("One more?"));
      const output = await succeeds(stack.preview());
      assert.match(
        output,
        /train\.jsonl: (\d+) samples → \d+ samples, 20\.3 kB → 20\.4 kB, SHA-256 \w{7} → SHA-256 \w{7}/,
      );
      assert.match(output, /training data: .* samples in 20\.4 kB/);
    },
  );

  step("is priced by the server when the server has the file already", async () => {
    await stack.write("train.jsonl", good);
    await stack.write(
      "index.ts",
      (await readFile(join(quickstart, "index.ts"), "utf8")).replace("trainingSteps: 100", "trainingSteps: 50"),
    );
    const output = await succeeds(stack.preview());
    assert.match(
      output,
      /training: 50 steps, 6,553,600 tokens, about \d+ s\n.*cost: 13\.11 USD, reported by http.*\(simulated/,
    );
    assert.equal((await remote.jobs()).length, 1);
  });
});
