import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { type EmbeddedServer, startEmbeddedServer } from "../../tools/embeddedServer";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import type { Stack } from "../support/stack";
import { type ReleasePackages, unpackRelease } from "./releasePackages";
import { releases } from "./trainerKinds";

const FILES = { "train.jsonl": sample("What?").repeat(30), "valid.jsonl": sample("Why?") };

const program = (trainingSteps: number, policy: string) => `
import { FineTuningJob } from "pulumi-mistral";
const job = new FineTuningJob("bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  validationFiles: ["valid.jsonl"],
  hyperparameters: { trainingSteps: ${trainingSteps} },
  modelDeletionPolicy: "${policy}",
});
export const { fineTunedModel, validLoss } = job;
export const provider = require.resolve("pulumi-mistral");
`;

for (const release of releases()) {
  describeWithEngine(`this version and release ${release}`, (engine) => {
    let packages: ReleasePackages;
    let earlierServer: EmbeddedServer;

    before(async () => {
      packages = await unpackRelease(release);
      earlierServer = await startEmbeddedServer(join(packages.project, "../data"), ["--speed", "5000"], {
        bin: packages.serverBin,
      });
    });
    after(async () => {
      await earlierServer?.stop();
      await packages?.remove();
    });

    const earlierProvider = () => resolve(packages.project, "../node_modules/pulumi-mistral/dist/index.js");

    /** Trains, finds no drift, replaces the job and destroys the stack. @returns the models of both jobs, and the provider's file */
    async function lifeOf(stack: Stack, remote: Remote, policy: string, hold = false) {
      const models: string[] = [];
      let used: unknown;
      for (const steps of [20, 30]) {
        await stack.write("index.ts", program(steps, policy));
        await succeeds(stack.up());
        const { fineTunedModel, validLoss, provider } = await stack.outputs();
        used = provider;
        assert.ok(Number(validLoss) > 0);
        // Neither this provider with that server nor that provider with this server has a page.
        assert.equal((await stack.resource("bot"))?.outputs?.dashboardUrl, undefined);
        models.push(String(fineTunedModel));
        if (hold) await remote.client.holds.put("prod", models, "used by prod");
      }
      await succeeds(stack.refresh("--expect-no-changes"));
      await succeeds(stack.destroy());
      assert.deepEqual((await stack.state()).resources ?? [], []);
      assert.equal((await remote.jobs()).length, 2);
      return { models, provider: used };
    }

    const statuses = (remote: Remote, models: string[]) =>
      Promise.all(models.map((model) => remote.modelStatus(model)));

    it(`work together: the provider of ${release} and this server, also when a hold delays a deletion`, async () => {
      const { url } = await engine.server({ speed: 5000 });
      const remote = new Remote(url);
      const stack = await engine.stack({
        folder: packages.project,
        project: "project",
        files: FILES,
        config: { "mistral:baseUrl": url },
      });
      const { models, provider } = await lifeOf(stack, remote, "delete", true);
      assert.equal(provider, earlierProvider());
      assert.deepEqual(await statuses(remote, models), ["active", "active"]);
      await remote.client.holds.delete("prod");
      assert.deepEqual(await statuses(remote, models), ["deleted", "deleted"]);
    });

    it(`work together: this provider and the server of ${release}, which has none of the extensions since`, async () => {
      const remote = new Remote(earlierServer.url);
      const { features } = await remote.client.capabilities();
      assert.ok(Object.values(features).every((feature) => feature === false));
      const stack = await engine.stack({ files: FILES, config: { "mistral:baseUrl": earlierServer.url } });
      const { models, provider } = await lifeOf(stack, remote, "archive");
      assert.notEqual(provider, earlierProvider());
      assert.deepEqual(await statuses(remote, models), ["archived", "archived"]);
    });
  });
}
