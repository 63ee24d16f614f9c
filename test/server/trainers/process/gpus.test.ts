import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findGpus, GpuPool } from "../../../../server/src/trainers/process/gpus";
import { eventually } from "../../../support/eventually";
import { type Api, folder, type Json, removeFolders } from "../../support";
import { withTrainings } from "../../trainings";

describe("server: the list of GPUs", () => {
  afterEach(removeFolders);

  function smi(script: string): NodeJS.ProcessEnv {
    const path = folder();
    writeFileSync(join(path, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(path, "nvidia-smi"), 0o755);
    return { PATH: path };
  }

  it("is the server's own CUDA_VISIBLE_DEVICES, if set", () => {
    const gpus = (value: string) => findGpus({ ...smi("echo GPU-x"), CUDA_VISIBLE_DEVICES: value });
    assert.deepEqual(gpus("2, 3"), ["2", "3"]);
    assert.deepEqual(gpus("GPU-a,GPU-b"), ["GPU-a", "GPU-b"]);
    assert.deepEqual(gpus("0,-1,1"), ["0"]);
    assert.deepEqual([gpus(""), gpus("-1")], [[], []]);
  });

  it("is otherwise the list of nvidia-smi", () => {
    assert.deepEqual(findGpus(smi("echo GPU-a; echo GPU-b; echo")), ["GPU-a", "GPU-b"]);
  });

  it("is empty when nvidia-smi fails or does not exist", () => {
    assert.deepEqual(findGpus(smi("echo 'no driver'; exit 9")), []);
    assert.deepEqual(findGpus({ PATH: folder() }), []);
  });
});

describe("server: the assignment of GPUs", () => {
  it("gives each GPU to one job", () => {
    const pool = new GpuPool(["a", "b", "c"]);
    assert.deepEqual(pool.assign("one", 2), ["a", "b"]);
    assert.deepEqual([pool.has(1), pool.has(2)], [true, false]);
    assert.deepEqual(pool.assign("one", 2), ["a", "b"]);
    pool.record("other", ["c"]);
    assert.equal(pool.has(1), false);
    pool.release("one");
    assert.deepEqual(pool.assign("third", 1), ["a"]);
  });

  it("replaces GPUs that the machine no longer has", () => {
    const pool = new GpuPool(["a"]);
    pool.record("job", ["gone"]);
    assert.deepEqual(pool.assign("job", 1), ["a"]);
  });

  it("waits for GPUs of another job, and gives all GPUs to a job that needs more", () => {
    const pool = new GpuPool(["0", "1"]);
    pool.record("running", ["0"]);
    assert.equal(pool.has(2), false);
    assert.equal(pool.assign("job", 2), undefined);
    assert.deepEqual(pool.assign("other", 1), ["1"]);
    pool.release("running");
    pool.release("other");
    assert.equal(pool.has(4), true);
    assert.deepEqual(pool.assign("job", 4), ["0", "1"]);
  });

  it("gives no GPU to another job while a training may use all of them, until its next attempt", () => {
    const pool = new GpuPool(["0", "1"]);
    pool.record("of release 0.1.0");
    assert.equal(pool.has(1), false);
    assert.deepEqual(pool.assign("of release 0.1.0", 1), ["0"]);
    assert.deepEqual(pool.assign("other", 1), ["1"]);
  });

  it("gives nothing on a machine without GPUs", () => {
    const pool = new GpuPool([]);
    assert.ok(pool.has(8));
    assert.deepEqual(pool.assign("job", 8), []);
  });
});

describe("server: trainings on GPUs", () => {
  const trainings = withTrainings();
  const models = { slow: { ms: 60_000 }, two: { gpus: 2 }, many: { gpus: 5 }, oom: { behaviour: "oom", attempts: 1 } };

  const start = (gpus: string, ...args: string[]): Promise<Api> =>
    trainings.server.startIn(["env", `CUDA_VISIBLE_DEVICES=${gpus}`], "--max-jobs", "3", ...args);

  function gpusOf(id: string): Promise<string[]> {
    const path = trainings.server.path(id, "gpus.txt");
    return eventually("the program", async () => {
      try {
        return readFileSync(path, "utf8").trim().split("\n");
      } catch {
        return undefined;
      }
    });
  }

  async function running(api: Api, model: string): Promise<string> {
    const { id } = await api.job({ model });
    await api.until(id, "RUNNING");
    return id;
  }

  it("gives each training its own GPU, and a restarted server does not give it to another one", async () => {
    trainings.create(models);
    let api = await start("0,1");
    const first = await running(api, "slow");
    const second = await running(api, "slow");
    assert.deepEqual([await gpusOf(first), await gpusOf(second)], [["0"], ["1"]]);
    assert.deepEqual(trainings.server.attempt(first).gpus, ["0"]);

    await trainings.server.kill();
    api = await start("0,1");
    const waiting = await api.job();
    const waits = async () => {
      const { metadata } = await api.getJob(waiting.id);
      return /waits for 1 free GPU of 2/.test(metadata.waiting_for ?? "") || undefined;
    };
    await eventually("a job that waits for a GPU", waits);
    await api.ok("POST", `/v1/fine_tuning/jobs/${second}/cancel`);
    await api.until(waiting.id, "SUCCESS");
    assert.deepEqual(await gpusOf(waiting.id), ["1"]);
    assert.equal((await api.getJob(first)).status, "RUNNING");
  });

  it("gives a model the number of GPUs in the models file, and the next attempt keeps them", async () => {
    trainings.create({ ...models, oom: { ...models.oom, gpus: 2 } });
    const api = await start("GPU-a,GPU-b,GPU-c");
    const slow = await running(api, "slow");
    const job: Json = await api.trained({ model: "oom" });
    assert.deepEqual(await gpusOf(job.id), ["GPU-b,GPU-c", "GPU-b,GPU-c"]);
    assert.deepEqual(await gpusOf(slow), ["GPU-a"]);
    const { id } = await api.job({ model: "many" });
    const { events } = await api.until(id, "FAILED_VALIDATION");
    assert.match(events[0].data.reason, /gives the model many 5 GPUs, but this server has 3/);
  });

  it("leaves the environment alone on a machine without GPUs", async () => {
    trainings.create(models);
    const api = await start("");
    const { id } = await api.trained({ model: "two" });
    assert.deepEqual(await gpusOf(id), [""]);
  });
});
