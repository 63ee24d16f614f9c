import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describeWithEngine } from "../support/engine";

const example = (name: string) => resolve(__dirname, "../../examples", name);

describeWithEngine("the examples", (engine) => {
  const made = async (name: string) => {
    const server = await engine.server({ speed: 2000 });
    return engine.stack({ program: example(name), env: { MISTRAL_BASE_URL: server.url } });
  };

  it("quickstart trains", async () => {
    const stack = await made("quickstart");
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.match(String((await stack.outputs()).fineTunedModel), /^ft:open-mistral-7b:support-bo-/);
    assert.doesNotMatch(output, /warning/);
  });

  it("classifier stops at the review gate with the cost, and then trains the same job", async () => {
    const stack = await made("classifier");
    const { output: preview } = await stack.preview();
    assert.match(
      preview,
      /training data: \d+ samples in .*\n +training: 50 steps, 6,553,600 tokens\n +cost: 13\.11 USD, by the training rule of http/,
    );
    const validated = await stack.up();
    assert.equal(validated.code, 0, validated.output);
    const gate = await stack.outputs();
    assert.equal(gate.status, "VALIDATED");
    assert.ok((gate.cost as number) > 0);
    const waiting = `validated: ${(gate.cost as number).toFixed(2)} USD, 50 steps; set \`autoStart: true\` to start fine-tuning job `;
    assert.ok(validated.output.includes(waiting), validated.output);
    assert.doesNotMatch(validated.output, /warning/);
    const { resources = [] } = await stack.state();
    const job = resources.find(({ type }) => type === "pulumi-nodejs:dynamic/mistral:FineTuningJob");
    assert.ok(job?.outputs && !("fineTunedModel" in job.outputs) && !("fineTunedModel" in gate));
    await stack.config("train", "true");
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.match(output, /1 updated/);
    assert.doesNotMatch(output, /warning|set `autoStart: true`/);
    assert.match(String((await stack.outputs()).fineTunedModel), /^ft:classifier:ministral-3b-latest:/);
  });
});
