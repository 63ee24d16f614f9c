import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MistralClient, NotFoundError, WorkspaceMismatchError } from "../../../provider/src/client";
import { remove } from "../../../provider/src/lifecycle/delete";
import { diff } from "../../../provider/src/lifecycle/diff";
import { read } from "../../../provider/src/lifecycle/read";
import type { Outputs } from "../../../provider/src/lifecycle/state/outputs";
import { update } from "../../../provider/src/lifecycle/update";
import type { Inputs } from "../../../provider/src/schema/inputs";
import type { TestHost } from "../../support/host";
import { initErrorOf, LifecycleHarness } from "../../support/lifecycle";

const MISMATCH = /belongs to workspace "own-team".* the API key belongs to workspace "foreign-team"/;
const OPERATIONS = ["read", "update", "delete"] as const;

describe("an API key of another workspace", () => {
  let harness: LifecycleHarness;
  let inputs: Inputs;
  let finished: Outputs;
  let running: Outputs;

  before(async () => {
    harness = await LifecycleHarness.create({
      apiKeys: ["own-key workspace=own-team", "foreign-key workspace=foreign-team", "default-key"],
      speed: 50,
    });
    inputs = await harness.declare("finished", { hyperparameters: { trainingSteps: 1 } });
    finished = (await harness.create("finished", { hyperparameters: { trainingSteps: 1 } }, own())).outputs;
    const endless = { hyperparameters: { trainingSteps: 100_000 }, waitForCompletion: false };
    running = (await harness.create("running", endless, own())).outputs;
  });
  after(() => harness.end());

  const withKey = (apiKey: string) => harness.host({ apiKey });
  const own = () => withKey("own-key");
  const foreign = () => withKey("foreign-key");

  const run = (operation: (typeof OPERATIONS)[number], state: Outputs, host: TestHost): Promise<unknown> => {
    switch (operation) {
      case "read":
        return read(state.jobId, state, host);
      case "update":
        return update(state.jobId, state, { ...inputs, modelName: "renamed" }, host);
      case "delete":
        return remove(state.jobId, state, host);
    }
  };

  it("is not the one that the state records", () => {
    assert.equal(finished.__workspace, "own-team");
    assert.equal(running.__workspace, "own-team");
  });

  for (const operation of OPERATIONS) {
    it(`fails ${operation} of a finished job, and says which key is needed`, async () => {
      await assert.rejects(run(operation, finished, foreign()), (error: Error) => {
        assert.match(error.message, MISMATCH);
        assert.match(
          error.message,
          /Set a key of workspace "own-team" \(as connection\.apiKey, mistral:apiKey or MISTRAL_API_KEY\)/,
        );
        return true;
      });
    });

    it(`fails ${operation} of a finished job whose model must be deleted or archived`, async () => {
      for (const modelDeletionPolicy of ["delete", "archive"] as const) {
        await assert.rejects(run(operation, { ...finished, modelDeletionPolicy }, foreign()), MISMATCH);
      }
    });

    it(`fails ${operation} of a running job, which keeps running`, async () => {
      await assert.rejects(run(operation, running, foreign()), MISMATCH);
      assert.match((await harness.client.jobs.get(running.jobId)).status, /STARTED|RUNNING/);
    });
  }

  it("keeps the job and its workspace in the state when the wait for a running job fails", async () => {
    const error = await initErrorOf(update(running.jobId, running, { ...inputs, __urn: running.__urn }, foreign()));
    assert.equal(error.id, running.jobId);
    assert.equal(error.outputs.__workspace, "own-team");
    assert.match(error.message, /its ID is in the state/);
  });

  it("leaves the finished job, its model and its files unchanged", async () => {
    const fresh = await read(finished.jobId, finished, own());
    assert.deepEqual(fresh, finished);
    assert.ok((await harness.files()).some(({ id }) => id === finished.trainingFileIds[0]));
  });

  it("is reported for a state of an earlier release, whose job is in the workspace default", async () => {
    const { __workspace: _, ...old } = (
      await harness.create("old", { hyperparameters: { trainingSteps: 1 } }, withKey("default-key"))
    ).outputs;
    for (const operation of OPERATIONS) {
      await assert.rejects(
        run(operation, old as Outputs, foreign()),
        /belongs to workspace "default".* the API key belongs to workspace "foreign-team"/,
        operation,
      );
    }
  });

  it("is compared with the workspace that the first refresh after an upgrade records, without a diff", async () => {
    const { __workspace: _, ...old } = finished;
    const fresh = (await read(finished.jobId, old as Outputs, own())) as Outputs;
    assert.deepEqual(fresh, finished);
    const { changes, replaces } = diff(finished.jobId, fresh, inputs as Record<string, unknown>, own());
    assert.deepEqual([changes, replaces], [false, []]);
  });

  it("does not hide that an object of the recorded workspace is gone", async () => {
    const gone = {
      ...finished,
      jobId: "00000000-0000-4000-8000-000000000000",
      fineTunedModel: "ft:open-mistral-7b:none:20260101:00000000",
    };
    assert.equal(await read(gone.jobId, gone, own()), undefined);
    await remove(gone.jobId, gone, own());
  });

  it("cannot adopt the job", async () => {
    await assert.rejects(harness.create("adopting", { adopt: finished.jobId }, foreign()), (error: Error) => {
      assert.match(error.message, /404 Not Found.*the API key belongs to workspace "foreign-team"/);
      return true;
    });
  });

  it("in the resource's connection does not prevent delete when the config's key is right", async () => {
    const state = { ...running, connection: { baseUrl: harness.url, apiKey: "foreign-key" } };
    await remove(running.jobId, state, own());
    assert.equal((await harness.client.jobs.get(running.jobId)).status, "CANCELLED");
  });

  it("is an error of the client that is not a NotFoundError, if the client knows the workspace", async () => {
    const options = { baseUrl: harness.url, apiKey: "foreign-key" };
    const knowing = new MistralClient({ ...options, workspace: "own-team" });
    const model = finished.fineTunedModel as string;
    for (const call of [
      () => knowing.jobs.get(finished.jobId),
      () => knowing.jobs.cancel(finished.jobId),
      () => knowing.models.delete(model),
      () => knowing.files.download(finished.trainingFileIds[0] as string),
    ]) {
      await assert.rejects(call(), (error) => {
        assert.ok(error instanceof WorkspaceMismatchError && !(error instanceof NotFoundError), String(error));
        assert.deepEqual([error.status, error.expectedWorkspace, error.workspace], [404, "own-team", "foreign-team"]);
        return true;
      });
    }
    await assert.rejects(new MistralClient(options).jobs.get(finished.jobId), (error) => {
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.workspace, "foreign-team");
      return true;
    });
  });
});

describe("an API key that moves to another workspace during the wait", () => {
  const folder = mkdtempSync(join(tmpdir(), "moving-key-"));
  after(() => rmSync(folder, { recursive: true }));

  it("fails the wait, and the state records the job's own workspace", async () => {
    const keysFile = join(folder, "keys");
    writeFileSync(keysFile, "moving-key workspace=own-team\n", { mode: 0o600 });
    const harness = await LifecycleHarness.create({ keysFile, speed: 50 });
    try {
      const host = harness.host({ apiKey: "moving-key" });
      const waiting = initErrorOf(harness.create("moving", { hyperparameters: { trainingSteps: 100_000 } }, host));
      await host.until(/RUNNING/);
      writeFileSync(keysFile, "moving-key workspace=foreign-team\n");
      const { id, outputs } = await waiting;
      assert.equal(outputs.__workspace, "own-team");
      await assert.rejects(read(id, outputs, harness.host({ apiKey: "moving-key" })), MISMATCH);
    } finally {
      await harness.end();
    }
  });
});
