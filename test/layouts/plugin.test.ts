import assert from "node:assert/strict";
import { delimiter, join } from "node:path";
import { describeWithEngine } from "../support/engine";
import { sample } from "../support/samples";
import type { TestServer } from "../support/server";
import { npmInstall, writeJson } from "./managers";
import { pack, temporaryFolder } from "./packed";

const pulumiVersion: string = require("@pulumi/pulumi/package.json").version;

const resources = `
resources:
  job:
    type: mistral:FineTuningJob
    properties:
      model: open-mistral-7b
      trainingFiles: [train.jsonl]
      hyperparameters: { trainingSteps: 10 }
outputs:
  baseUrl: \${job.baseUrl}
`;

describeWithEngine(
  "the plugin, packed and installed",
  (engine) => {
    let folder: string;
    let remove: () => Promise<void>;
    let bin: string;
    let server: TestServer;

    before(async () => {
      ({ folder, remove } = await temporaryFolder());
      const { tarball } = await pack("provider", folder);
      const dependencies = { "pulumi-mistral": `file:${tarball}`, "@pulumi/pulumi": pulumiVersion };
      await writeJson(folder, "package.json", { private: true, dependencies });
      await npmInstall(folder);
      bin = join(folder, "node_modules/.bin");
      server = await engine.server();
    });
    after(() => remove());

    /** Previews a YAML program, which has no other way to the provider than the plugin. */
    async function preview(project: string, env: Record<string, string> = {}) {
      const stack = await engine.stack({ files: { "train.jsonl": sample("A question.") }, env });
      await stack.write("Pulumi.yaml", `name: test-project\nruntime: yaml\n${project}${resources}`);
      await stack.config("mistral:baseUrl", server.url);
      await stack.config("mistral:apiKey", "key", { secret: true });
      const { code, output } = await stack.preview("--diff");
      assert.equal(code, 0, output);
      assert.match(output, /\+ mistral:index:FineTuningJob: \(create\)/);
      assert.ok(output.includes(`baseUrl: "${server.url}"`), output);
    }

    it("is found by its path in `plugins.providers`", () =>
      preview(`plugins:\n  providers:\n    - name: mistral\n      path: ${bin}\n`));

    it("is found on PATH", () => preview("", { PATH: [bin, process.env.PATH].join(delimiter) }));

    it("answers `pulumi package get-schema` with the schema of this repository", async () => {
      const stack = await engine.stack({ files: { "index.ts": "" } });
      const { code, stdout, output } = await stack.cmd("package", "get-schema", join(bin, "pulumi-resource-mistral"));
      assert.equal(code, 0, output);
      const schema = require("../../schema.json");
      assert.deepEqual(Object.keys(JSON.parse(stdout).resources), Object.keys(schema.resources));
    });
  },
  ["yaml"],
);
