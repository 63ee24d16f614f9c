import assert from "node:assert/strict";
import { resolve } from "node:path";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { succeeds } from "../support/results";
import { sample } from "../support/samples";
import type { Stack } from "../support/stack";
import type { TestProxy } from "../support/testProxy";

/** Allows sources outside the project: the SDK for Node.js is compiled from this repository. */
const tsconfig = JSON.stringify({
  compilerOptions: { target: "es2022", module: "node20", strict: true, skipLibCheck: true, rootDir: "/" },
});
const packages = { dynamic: "pulumi-mistral", plugin: resolve(__dirname, "../../sdk/nodejs") } as const;
type Host = keyof typeof packages;

/** Three jobs: one that has succeeded, one that waits to be started, and one that fails. */
const program = (host: Host, jobs: readonly string[] = ["done", "waiting", "failed"]) => `
import { FineTuningJob } from "${packages[host]}";
const common = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"] };
const inputs = {
  done: { ...common, hyperparameters: { trainingSteps: 20 } },
  waiting: { ...common, hyperparameters: { trainingSteps: 21 }, autoStart: false },
  // The simulated training diverges at this learning rate.
  failed: { ...common, hyperparameters: { trainingSteps: 22, learningRate: 1 } },
};
for (const name of ${JSON.stringify(jobs)}) new FineTuningJob(name, inputs[name as keyof typeof inputs]);
`;

const project = `name: test-project
runtime: nodejs
plugins:
  providers:
    - name: mistral
      path: node_modules/.bin
`;

for (const [from, to] of [
  ["dynamic", "plugin"],
  ["plugin", "dynamic"],
] as const) {
  describeWithEngine(`moving a stack from the ${from} provider to the ${to} provider`, (engine) => {
    let stack: Stack;
    let proxy: TestProxy;
    let remote: Remote;
    let before: unknown;

    const step = (title: string, run: () => Promise<void>) => it(title, run);
    const ids = async () =>
      (await stack.state()).resources?.flatMap(({ id, type }) => (/FineTuningJob/.test(type) ? [id] : [])).sort();

    step("starts with a finished, a waiting and a failed job", async () => {
      const { url } = await engine.server({ speed: 2000 });
      proxy = await engine.proxy(url);
      remote = new Remote(url);
      stack = await engine.stack({
        files: {
          "Pulumi.yaml": project,
          "index.ts": program(from),
          "train.jsonl": sample("What?"),
          "tsconfig.json": tsconfig,
        },
        config: { "mistral:baseUrl": proxy.url() },
      });
      const { code, output } = await stack.up();
      assert.notEqual(code, 0);
      assert.match(output, /failed/);
      before = await ids();
      assert.equal((before as string[]).length, 3);
    });

    step("creates, updates and deletes nothing", async () => {
      await stack.write("index.ts", program(to));
      const requests = proxy.route("");
      const { output } = await stack.up();
      assert.doesNotMatch(output, /(created|replaced|deleted) \(/);
      assert.deepEqual(await ids(), before);
      assert.deepEqual(new Set(requests.map(({ method }) => method)), new Set(["GET"]));
      assert.equal((await remote.jobs()).length, 3);
    });

    step("then shows no changes, refreshes and is destroyed", async () => {
      // A failed job fails every `up` until its inputs change.
      await stack.write("index.ts", program(to, ["done", "waiting"]));
      await succeeds(stack.up());
      await succeeds(stack.refresh("--expect-no-changes"));
      await succeeds(stack.up("--expect-no-changes"));
      await succeeds(stack.destroy());
      assert.equal((await remote.jobs()).length, 3);
    });
  });
}
