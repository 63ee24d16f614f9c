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

  it("classifier rests at its review gate with the cost, and then trains the very same job", async () => {
    const stack = await made("classifier");
    const { output: preview } = await stack.preview();
    assert.match(preview, /training data: \d+ samples in .*\n +training: 50 steps\n +cost: about .* USD \(/);
    assert.equal((await stack.up()).code, 0);
    const gate = await stack.outputs();
    assert.equal(gate.status, "VALIDATED");
    assert.ok((gate.cost as number) > 0);
    await stack.config("train", "true");
    const { code, output } = await stack.up();
    assert.equal(code, 0, output);
    assert.match(output, /1 updated/);
    assert.match(String((await stack.outputs()).fineTunedModel), /^ft:classifier:ministral-3b-latest:/);
  });
});
