import assert from "node:assert/strict";
import { resolve } from "node:path";
import { MistralClient } from "../../provider/src/client";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import type { Stack } from "../support/stack";

const NAME = "support-bot";
const plugin = resolve(__dirname, "../../node_modules/.bin");

describeWithEngine(
  "pulumi import",
  (engine) => {
    let stack: Stack;
    let remote: Remote;
    let jobId: string;
    let imported: string;

    const project = (resources = "") => `name: test-project
runtime: yaml
plugins:
  providers:
    - name: mistral
      path: ${plugin}
${resources}`;

    before(async () => {
      const { url } = await engine.server({ speed: 2000 });
      remote = new Remote(url);
      const client = new MistralClient({ baseUrl: url });
      const { id } = await client.files.upload({ name: "from-elsewhere.jsonl", content: sample("What?") });
      const job = await client.jobs.create({
        model: "open-mistral-7b",
        training_files: [{ file_id: id }],
        hyperparameters: { training_steps: 20, learning_rate: 2e-4 },
        suffix: "elsewhere",
        auto_start: true,
      });
      jobId = job.id;
      await client.jobs.waitUntilComplete(jobId);
      stack = await engine.stack({
        files: { "Pulumi.yaml": project(), "train.jsonl": sample("What?") },
        config: { "mistral:baseUrl": url },
      });
    });

    it("prints a program whose preview is empty", async () => {
      const output = await succeeds(
        stack.cmd("import", "mistral:index:FineTuningJob", NAME, jobId, "--yes", "--protect=false"),
      );
      imported = /^resources:\n[\s\S]*/m.exec(output)?.[0] ?? "";
      assert.match(imported, /fileId: /, output);
      await stack.write("Pulumi.yaml", project(imported));
      await succeeds(stack.preview("--expect-no-changes"));
    });

    it("takes a path of the same content in place of the file's ID", async () => {
      await stack.write("Pulumi.yaml", project(imported.replace(/- fileId: .*/, "- path: train.jsonl")));
      await succeeds(stack.up("--expect-no-changes"));
      await succeeds(stack.refresh("--expect-no-changes"));
    });

    it("never trains", async () => {
      assert.deepEqual(
        (await remote.jobs()).map(({ id }) => id),
        [jobId],
      );
    });
  },
  ["yaml"],
);
