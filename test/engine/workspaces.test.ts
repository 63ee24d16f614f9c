import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { Remote } from "../support/remote";
import { fails, succeeds } from "../support/results";
import { sample } from "../support/samples";
import { sequence } from "../support/sequence";
import type { TestServer } from "../support/server";
import type { Stack } from "../support/stack";

/** A finished job and a running one. */
const PROGRAM = `
import { FineTuningJob } from "pulumi-mistral";
const declared = { model: "open-mistral-7b", trainingFiles: ["train.jsonl"], hyperparameters: { trainingSteps: 20 } };
const done = new FineTuningJob("done", declared);
const running = new FineTuningJob("running", {
  ...declared,
  hyperparameters: { trainingSteps: 1_000_000 },
  waitForCompletion: false,
});
export const { fineTunedModel } = done;
export const jobId = running.jobId;
`;

const [OWN, FOREIGN] = ["sk-own-1a2b3c", "sk-foreign-4d5e6f"] as const;
const MISMATCH =
  /belongs to workspace "own-team", but the API key belongs to workspace "foreign-team"[\s\S]*Set a key of workspace "own-team"/;

describeWithEngine("an API key of another workspace", (engine) => {
  const step = sequence();
  let server: TestServer;
  let stack: Stack;
  let own: Remote;
  let first: Record<string, unknown>;
  const useKey = (key: string) => stack.config("mistral:apiKey", key, { secret: true });
  const assertUnchanged = async () => {
    assert.deepEqual(await stack.outputs(), first);
    assert.equal((await stack.resource("running"))?.id, first.jobId);
    assert.ok((await stack.resource("done"))?.id);
    assert.equal((await own.jobs()).length, 2);
    assert.equal(await own.statusOf(first.jobId), "RUNNING");
    assert.equal(await own.modelStatus(first.fineTunedModel), "active");
  };

  before(async () => {
    const keys = [`${OWN} workspace=own-team`, `${FOREIGN} workspace=foreign-team`];
    server = await engine.server({ speed: 2000, args: keys.flatMap((key) => ["--api-key", key]) });
    own = new Remote(server.url, OWN);
    stack = await engine.stack({
      files: { "index.ts": PROGRAM, "train.jsonl": sample("What?") },
      config: { "mistral:baseUrl": server.url, "mistral:apiKey": { secret: OWN } },
    });
    await succeeds(stack.up());
    first = await stack.outputs();
  });

  step("makes a refresh fail, and drops nothing from the state", async () => {
    await useKey(FOREIGN);
    await fails(stack.refresh("--run-program"), MISMATCH);
    await assertUnchanged();
  });

  step("makes `up` fail at the running job, and trains nothing again", async () => {
    await fails(stack.up(), MISMATCH);
    await assertUnchanged();
    assert.equal((await new Remote(server.url, FOREIGN).jobs()).length, 0);
  });

  step("makes a destroy fail, and cancels and deletes nothing", async () => {
    await fails(stack.destroy("--run-program"), MISMATCH);
    await assertUnchanged();
  });

  step("prevents nothing after the right key is set", async () => {
    await useKey(OWN);
    await succeeds(stack.refresh("--run-program"));
    await succeeds(stack.destroy("--run-program"));
    assert.deepEqual((await stack.state()).resources ?? [], []);
    assert.equal(await own.statusOf(first.jobId), "CANCELLED");
  });
});
