import assert from "node:assert/strict";
import { MistralClient } from "../../../provider/src/client";
import { remove } from "../../../provider/src/lifecycle/delete";
import { read } from "../../../provider/src/lifecycle/read";
import { TestHost } from "../../support/host";
import { LifecycleHarness } from "../../support/lifecycle";
import { PlainServer } from "../../support/plainServer";
import { sample } from "../../support/samples";

describe("a server that speaks Mistral's API and none of the extensions", () => {
  let harness: LifecycleHarness;
  let plain: PlainServer;

  before(async () => {
    harness = await LifecycleHarness.create();
    plain = await PlainServer.start(harness.url);
  });
  after(async () => {
    await plain.stop();
    await harness.end();
  });

  const host = () => {
    const own = new TestHost({ baseUrl: plain.url });
    own.clock = harness.host().clock;
    return own;
  };

  const train = async (name: string, inputs: object = {}) => {
    const validationFiles = [await harness.file("valid.jsonl", sample("Why?"))];
    return harness.create(name, { validationFiles, ...inputs }, host());
  };

  it("has no features", async () => {
    const { simulated, features } = await new MistralClient({ baseUrl: plain.url }).capabilities();
    assert.ok(!simulated && Object.values(features).every((feature) => !feature));
    assert.deepEqual(plain.unknown.splice(0), ["GET /v1/fine_tuning/capabilities"]);
  });

  it("trains, and archives and deletes models, without a request in vain", async () => {
    for (const [policy, archived] of [
      ["archive", true],
      ["delete", undefined],
    ] as const) {
      const { id, outputs } = await train(`plain-${policy}`, { modelDeletionPolicy: policy });
      assert.ok((outputs.validLoss as number) > 0);
      assert.equal(outputs.simulated, false);
      assert.ok(!("dashboardUrl" in outputs));
      await read(id, outputs, host());
      const destroyed = host();
      await remove(id, outputs, destroyed);
      assert.deepEqual(destroyed.logged, []);
      const model = await harness.client.models.get(outputs.fineTunedModel as string).catch(() => undefined);
      assert.equal(model?.archived, archived);
    }
    assert.deepEqual(plain.unknown, []);
  });
});
