import assert from "node:assert/strict";
import { describeWithEngine } from "../support/engine";
import { fails, succeeds } from "../support/results";
import { sequence } from "../support/sequence";
import type { Stack } from "../support/stack";
import type { Json } from "./api";
import { releases } from "./varieties";
import { restoreBefore } from "./world";

const COUNT = /\b(\d+) (created|replaced|deleted)\b/;

for (const release of releases()) {
  describeWithEngine(`upgrade from ${release} with simulated trainings`, (engine) => {
    const step = sequence();
    const world = restoreBefore(engine, release, "simulated");

    step("previews no change of settled jobs, and an update of the job whose wait was interrupted", async () => {
      const planned = await plannedOperations(world.main);
      assert.deepEqual(planned, { finished: "same", classifier: "same", review: "same", running: "update" });
    });

    step("resumes waiting for the interrupted job, and retrains nothing", async () => {
      const output = await succeeds(world.main.up());
      assert.match(output, /1 updated/);
      assert.doesNotMatch(output, COUNT);
      await world.assertJobIds();
      assert.equal((await world.main.resource("running"))?.id, (await world.recorded("main", "running")).id);
      assert.equal(await statusIn(world.main, "running"), "SUCCESS");
    });

    step("keeps the outputs of the settled jobs, and then has nothing to change", async () => {
      for (const name of ["finished", "classifier", "review"]) {
        const { outputs } = await world.recorded("main", name);
        assert.deepEqual(await world.outputs(world.main, name), outputs, name);
      }
      await succeeds(world.main.up("--expect-no-changes"));
      await succeeds(world.main.refresh("--expect-no-changes"));
      await world.assertJobIds();
    });

    step("fails with the recorded reason for the failed job, and does not create another one", async () => {
      const reason = await world.recordedReason();
      await succeeds(world.failed.refresh());
      const output = await fails(world.failed.up(), /FAILED/);
      const { id } = await world.recorded("failed", "failed");
      for (const expected of [reason, String(id)]) {
        assert.ok(output.includes(expected), `${expected} is not in:\n${output}`);
      }
      await world.assertJobIds();
    });

    step("starts the job that waited for its approval, in place", async () => {
      await world.edit("autoStart: false", "autoStart: true");
      assert.match(await succeeds(world.main.up()), /1 updated/);
      assert.equal(await statusIn(world.main, "review"), "SUCCESS");
      await world.assertJobIds();
    });

    step("destroys both stacks, and deletes, archives and retains the models as declared", async () => {
      const models = await world.models("finished", "classifier", "running");
      for (const stack of [world.main, world.failed]) {
        await succeeds(stack.destroy());
        assert.deepEqual((await stack.state()).resources ?? [], []);
      }
      assert.deepEqual(await Promise.all(models.map((model) => world.fate(model))), [
        "archived",
        "deleted",
        "retained",
      ]);
      await world.assertJobIds();
    });

    // The identity of a job decides here: an `up` on a stack without state finds the job by it.
    step("finds the recorded jobs again after the destroy, and retrains nothing", async () => {
      await succeeds(world.main.up("--target", "**::finished", "--target", "**::running"));
      assert.equal((await world.main.resource("finished"))?.id, (await world.recorded("main", "finished")).id);
      assert.equal((await world.main.resource("running"))?.id, (await world.recorded("main", "running")).id);
      await world.assertJobIds();
    });
  });

  describeWithEngine(`upgrade from ${release} with training programs`, (engine) => {
    const step = sequence();
    const world = restoreBefore(engine, release, "process");

    step("continues the running training from its recorded checkpoint", async () => {
      const { id } = await world.recorded("main", "running");
      const checkpoint = world.recordedCheckpoint(id);
      await world.api.untilJob(id, (job) => job.status === "RUNNING" && job.metadata.current_step > checkpoint);
      assert.equal(world.json(id, "attempt.json").attempt, 2);
      const starts = world.progress(id).filter(({ type }) => type === "start");
      assert.deepEqual(
        starts.map((start) => start.step),
        [0, checkpoint],
      );
    });

    step("previews no change of settled jobs, and waits for the running one", async () => {
      const planned = await plannedOperations(world.main);
      assert.deepEqual(planned, { finished: "same", review: "same", running: "update", endless: "update" });
      const { id } = await world.recorded("main", "running");
      const up = world.main.spawn("up", "--yes", "--skip-preview");
      await up.waitFor(/running .*RUNNING: step \d+ of 60/);
      await world.continueTrainings();
      assert.doesNotMatch(await succeeds(up.result), COUNT);
      assert.equal((await world.main.resource("running"))?.id, id);
      assert.equal(await statusIn(world.main, "running"), "SUCCESS");
      await world.assertJobIds();
    });

    step("has every checkpoint of the two attempts, and a model to download", async () => {
      const { id } = await world.recorded("main", "running");
      const job = await world.api.job(id);
      const steps = job.checkpoints.map((each: { step_number: number }) => each.step_number);
      assert.deepEqual(steps, [60, 55, 50, 45, 40, 35, 30, 25, 20, 15, 10, 5]);
      for (const model of await world.models("finished", "running")) {
        const artifact = await world.api.fetch(`/v1/fine_tuning/models/${model}/artifact`);
        assert.equal(artifact.status, 200);
        assert.match(await artifact.text(), /adapter_config\.json/);
      }
    });

    step("finds no drift in a refresh", async () => {
      // The endless job makes progress all the time.
      await succeeds(world.main.refresh("--expect-no-changes", "--exclude", "**::endless"));
    });

    step("fails with the recorded reason for the failed job, and does not create another one", async () => {
      const output = await fails(world.failed.up(), /FAILED/);
      assert.ok(output.includes(await world.recordedReason()), output);
      await world.assertJobIds();
    });

    step("cancels the running job in a destroy, and no other job changes", async () => {
      const { id } = await world.recorded("main", "endless");
      assert.equal((await world.api.job(id)).status, "RUNNING");
      for (const stack of [world.main, world.failed]) {
        await succeeds(stack.destroy());
        assert.deepEqual((await stack.state()).resources ?? [], []);
      }
      assert.equal((await world.api.job(id)).status, "CANCELLED");
      await world.assertJobIds();
    });

    // The identity of a job decides here: an `up` on a stack without state finds the job by it.
    step("finds the recorded jobs again after the destroy, and retrains nothing", async () => {
      await succeeds(world.main.up("--target", "**::finished"));
      assert.equal((await world.main.resource("finished"))?.id, (await world.recorded("main", "finished")).id);
      await world.assertJobIds();
    });

    step("writes job.json with the recorded fields for a new job too", async () => {
      const { id } = await world.recorded("main", "running");
      const recorded = world.json(id, "job.json");
      const created = world.json(await world.createLike(id), "job.json");
      assert.deepEqual(missingFields(recorded, created), []);
    });
  });
}

/** What a preview plans for each `FineTuningJob`, by the resource's name. */
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

/** The paths of the fields of `expected` that `actual` does not have, or has with another type. */
function missingFields(expected: Json, actual: Json, path = ""): string[] {
  if (typeof expected !== typeof actual || Array.isArray(expected) !== Array.isArray(actual)) return [path];
  if (expected === null || typeof expected !== "object") return [];
  return Object.keys(expected).flatMap((key) => missingFields(expected[key], actual?.[key], `${path}.${key}`));
}
