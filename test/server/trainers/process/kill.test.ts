import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../support/eventually";
import { Random } from "../../../support/random";
import { type Api, type Json, samples } from "../../support";
import { assertTrained, waitUntilGroupEnded, withTrainings } from "../../trainings";

const SEED = 20261121;
const KILLS = 20;
const PLAN_KILLS = 8;

describe("server: the process trainer, killed at random times", function () {
  this.timeout(180_000);
  const trainings = withTrainings();

  it(`trains each job exactly once although the server is killed ${KILLS} times (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const server = trainings.create({ m: { ms: 20 } });
    let api = await server.start("--max-jobs", "2");
    const ids: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      if (kill % 3 === 0) {
        const { id } = await api.job({ model: "m", hyperparameters: { training_steps: 12 } });
        ids.push(id);
      }
      await sleep(random.next() * 300);
      await server.kill();
      if (random.next() < 0.4) {
        await killOneOf(ids, random);
      }
      api = await server.start("--max-jobs", "2");
    }
    for (const id of ids) {
      const job: Json = await untilEnd(api, id);
      assertTrained(job, 12);
      await waitUntilGroupEnded(await server.group(id));
    }
    const { data } = await api.ok("GET", "/v1/models");
    assert.equal(data.filter((model: Json) => model.type !== "base").length, ids.length);
    assert.deepEqual(new Set(readdirSync(server.path(""))), new Set(ids));
  });

  it(`plans each job exactly once although the server is killed ${PLAN_KILLS} times (seed ${SEED})`, async () => {
    const random = new Random(SEED);
    const server = trainings.create({ m: { plan: { ms: 150 } } });
    let api = await server.startPlanner();
    const ids: string[] = [];
    for (let kill = 0; kill < PLAN_KILLS; kill += 1) {
      // Different data, so that no plan is in the cache.
      const training_files = [await api.fileId(samples(kill + 1))];
      ids.push((await api.job({ model: "m", training_files, auto_start: false })).id);
      await sleep(random.next() * 500);
      await server.kill();
      api = await server.startPlanner();
    }
    for (const id of ids) {
      const { metadata, events } = await api.until(id, "VALIDATED");
      assert.equal(metadata.total_steps, 10);
      const count = (matches: (event: Json) => boolean) => events.filter(matches).length;
      assert.equal(
        count(({ name }) => name === "packing-off"),
        1,
      );
      assert.equal(
        count(({ data }) => data.status === "VALIDATED"),
        1,
      );
      await api.ok("POST", `/v1/fine_tuning/jobs/${id}/cancel`);
      await eventually("the deletion of working files", async () =>
        ["data", "checkpoints"].some((name) => existsSync(server.path(id, name))) ? undefined : true,
      );
    }
  });

  /** Kills a runner, with or without its program, as the out-of-memory killer might do. */
  async function killOneOf(ids: string[], random: Random): Promise<void> {
    const pid = trainings.server.attempt(ids[Math.floor(random.next() * ids.length)] as string)?.pid;
    try {
      process.kill(random.next() < 0.5 ? -pid : pid, "SIGKILL");
    } catch {
      // The runner has already exited.
    }
  }

  function untilEnd(api: Api, id: string): Promise<Json> {
    return eventually("the end of the job", async () => {
      const job = await api.getJob(id);
      return ["SUCCESS", "FAILED", "CANCELLED"].includes(job.status) ? job : undefined;
    });
  }
});
