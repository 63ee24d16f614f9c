import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { fails, succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";
import type { Json } from "./api";
import { restoreBefore } from "./restoredRecording";
import { releases } from "./trainerKinds";

const COUNT = /\b(\d+) (created|replaced|deleted)\b/;

for (const release of releases()) {
  describeWithEngine(`upgrade from ${release} with simulated trainings`, (engine) => {
    const step = sequence();
    const restored = restoreBefore(engine, release, "simulated");

    step("previews no change for finished jobs, and an update for the job whose wait was interrupted", async () => {
      const planned = await plannedOperations(restored.main);
      assert.deepEqual(planned, { finished: "same", classifier: "same", review: "same", running: "update" });
    });

    step("resumes waiting for the interrupted job, and retrains nothing", async () => {
      const output = await succeeds(restored.main.up());
      assert.match(output, /1 updated/);
      assert.doesNotMatch(output, COUNT);
      await restored.assertJobIds();
      assert.equal((await restored.main.resource("running"))?.id, (await restored.recorded("main", "running")).id);
      assert.equal(await statusIn(restored.main, "running"), "SUCCESS");
    });

    step("keeps the outputs of the finished jobs, and the next `up` changes nothing", async () => {
      for (const name of ["finished", "classifier", "review"]) {
        const { outputs } = await restored.recorded("main", name);
        assert.deepEqual(await restored.outputs(restored.main, name), outputs, name);
      }
      await succeeds(restored.main.up("--expect-no-changes"));
      await succeeds(restored.main.refresh("--expect-no-changes"));
      const { id, outputs } = (await restored.main.resource("finished")) ?? {};
      assert.equal(outputs?.__workspace, "default");
      // Present if the page was built.
      const { dashboard_url: page } = await restored.api.get("/v1/fine_tuning/capabilities");
      assert.equal(outputs?.dashboardUrl, page && `${page}/jobs/${id}`);
      await restored.assertJobIds();
    });

    step("fails with the recorded reason for the failed job, and does not create another one", async () => {
      const reason = await restored.recordedFailureReason();
      await succeeds(restored.failed.refresh());
      const output = await fails(restored.failed.up(), /FAILED/);
      const { id } = await restored.recorded("failed", "failed");
      for (const expected of [reason, String(id)]) {
        assert.ok(output.includes(expected), `${expected} is not in:\n${output}`);
      }
      await restored.assertJobIds();
    });

    step("starts the job that waits for approval, with an in-place update", async () => {
      await restored.edit("autoStart: false", "autoStart: true");
      assert.match(await succeeds(restored.main.up()), /1 updated/);
      assert.equal(await statusIn(restored.main, "review"), "SUCCESS");
      await restored.assertJobIds();
    });

    step("destroys both stacks, and deletes, archives and retains the models as declared", async () => {
      const models = await restored.models("finished", "classifier", "running");
      for (const stack of [restored.main, restored.failed]) {
        await succeeds(stack.destroy());
        assert.deepEqual((await stack.state()).resources ?? [], []);
      }
      assert.deepEqual(await Promise.all(models.map((model) => restored.modelState(model))), [
        "archived",
        "deleted",
        "retained",
      ]);
      await restored.assertJobIds();
    });

    // A stack without state finds the job by its identity.
    step("finds the recorded jobs again after the destroy, and retrains nothing", async () => {
      await succeeds(restored.main.up("--target", "**::finished", "--target", "**::running"));
      assert.equal((await restored.main.resource("finished"))?.id, (await restored.recorded("main", "finished")).id);
      assert.equal((await restored.main.resource("running"))?.id, (await restored.recorded("main", "running")).id);
      await restored.assertJobIds();
    });
  });

  describeWithEngine(`upgrade from ${release} with training programs`, (engine) => {
    const step = sequence();
    const restored = restoreBefore(engine, release, "process");

    step("continues the running training from its recorded checkpoint", async () => {
      const { id } = await restored.recorded("main", "running");
      const checkpoint = restored.recordedCheckpoint(id);
      await restored.api.untilJob(id, (job) => job.status === "RUNNING" && job.metadata.current_step > checkpoint);
      assert.equal(restored.json(id, "attempt.json").attempt, 2);
      const starts = restored.progress(id).filter(({ type }) => type === "start");
      assert.deepEqual(
        starts.map((start) => start.step),
        [0, checkpoint],
      );
    });

    step("previews no change for finished jobs, and `up` waits for the running job", async () => {
      const planned = await plannedOperations(restored.main);
      assert.deepEqual(planned, { finished: "same", review: "same", running: "update", endless: "update" });
      const { id } = await restored.recorded("main", "running");
      const up = restored.main.spawn("up", "--yes", "--skip-preview");
      await up.waitFor(/running .*RUNNING: step \d+ of 60/);
      await restored.continueTrainings();
      assert.doesNotMatch(await succeeds(up.result), COUNT);
      assert.equal((await restored.main.resource("running"))?.id, id);
      assert.equal(await statusIn(restored.main, "running"), "SUCCESS");
      await restored.assertJobIds();
    });

    step("has every checkpoint of the two attempts, and the models can be downloaded", async () => {
      const { id } = await restored.recorded("main", "running");
      const job = await restored.api.job(id);
      const steps = job.checkpoints.map((each: { step_number: number }) => each.step_number);
      assert.deepEqual(steps, [60, 55, 50, 45, 40, 35, 30, 25, 20, 15, 10, 5]);
      for (const model of await restored.models("finished", "running")) {
        const artifact = await restored.api.fetch(`/v1/fine_tuning/models/${model}/artifact`);
        assert.equal(artifact.status, 200);
        assert.match(await artifact.text(), /adapter_config\.json/);
      }
    });

    step("finds no drift in a refresh", async () => {
      // Exclude the endless job, because its progress changes all the time.
      await succeeds(restored.main.refresh("--expect-no-changes", "--exclude", "**::endless"));
    });

    step("fails with the recorded reason for the failed job, and does not create another one", async () => {
      const output = await fails(restored.failed.up(), /FAILED/);
      assert.ok(output.includes(await restored.recordedFailureReason()), output);
      await restored.assertJobIds();
    });

    step("cancels the running job with `pulumi destroy`, and changes no other job", async () => {
      const { id } = await restored.recorded("main", "endless");
      assert.equal((await restored.api.job(id)).status, "RUNNING");
      for (const stack of [restored.main, restored.failed]) {
        await succeeds(stack.destroy());
        assert.deepEqual((await stack.state()).resources ?? [], []);
      }
      assert.equal((await restored.api.job(id)).status, "CANCELLED");
      await restored.assertJobIds();
    });

    // A stack without state finds the job by its identity.
    step("finds the recorded jobs again after the destroy, and retrains nothing", async () => {
      await succeeds(restored.main.up("--target", "**::finished"));
      assert.equal((await restored.main.resource("finished"))?.id, (await restored.recorded("main", "finished")).id);
      await restored.assertJobIds();
    });

    step("writes job.json with the recorded fields for a new job too", async () => {
      const { id } = await restored.recorded("main", "running");
      const recorded = restored.json(id, "job.json");
      const created = restored.json(await restored.createLike(id), "job.json");
      assert.deepEqual(missingFields(recorded, created), []);
    });
  });
}

/** Returns the operation that a preview plans for each `FineTuningJob`, by resource name. */
async function plannedOperations(stack: Stack): Promise<Record<string, string>> {
  const { code, stdout, output } = await stack.preview("--json", "--show-sames");
  assert.equal(code, 0, output);
  const steps: { op: string; urn: string }[] = JSON.parse(stdout).steps;
  return Object.fromEntries(
    steps
      .filter(({ urn }) => urn.includes(":FineTuningJob::"))
      .map(({ op, urn }) => [urn.slice(urn.lastIndexOf("::") + 2), op]),
  );
}

async function statusIn(stack: Stack, name: string): Promise<unknown> {
  return (await stack.resource(name))?.outputs?.status;
}

/** Returns the paths of fields in `expected` that are missing in `actual` or have another type there. */
function missingFields(expected: Json, actual: Json, path = ""): string[] {
  if (typeof expected !== typeof actual || Array.isArray(expected) !== Array.isArray(actual)) return [path];
  if (expected === null || typeof expected !== "object") return [];
  return Object.keys(expected).flatMap((key) => missingFields(expected[key], actual?.[key], `${path}.${key}`));
}
