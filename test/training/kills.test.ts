import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { eventually } from "../support/eventually";
import { Random } from "../support/random";
import { Remote } from "../support/remote";
import { TestServer } from "../support/server";
import { killTraining, progressOf, signalTraining, TRAINING_ENV } from "./trainings";

/** Each kill costs the time in which Python loads PyTorch again. CONTRIBUTING.md says when to run more of them. */
const KILLS = Number(process.env.TRAINING_KILLS ?? 8);
const STEPS = 15 * KILLS;
/** Two trainings must fit into the time limit of the test. */
const LIMIT_MS = 25 * 60_000;
const data = resolve(__dirname, "../../examples/self-hosted/train.jsonl");

describe(`a training whose server and program are killed ${KILLS} times each`, function () {
  this.timeout(55 * 60_000);
  let folder: string;
  let server: TestServer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kills-"));
    const models = join(folder, "models.yaml");
    await writeFile(models, "models:\n  tiny: ./tiny\n");
    Object.assign(process.env, TRAINING_ENV);
    await execa(recipePython(), [recipeFile("make_tiny_model.py"), join(folder, "tiny"), data], { env: TRAINING_ENV });
    const args = ["--trainer", "process", "--models", models, "--max-jobs", "1"];
    server = await TestServer.start({ dataFolder: join(folder, "data"), args });
  });
  after(async () => {
    await server.stopAndRemove();
    await rm(folder, { recursive: true, force: true });
  });

  /** Creates a job and calls `disturb` on each poll until the job has succeeded. Returns the job. */
  async function runJob(disturb: (id: string) => Promise<void>) {
    const { client } = new Remote(server.url);
    const { id: file_id } = await client.files.upload({ path: data });
    const { id } = await client.jobs.create({
      model: "tiny",
      training_files: [{ file_id }],
      hyperparameters: { training_steps: STEPS, learning_rate: 2e-3, seq_len: 256 },
      auto_start: true,
    });
    const poll = async () => {
      const job = await new Remote(server.url).client.jobs.get(id);
      if (job.status === "SUCCESS") return job;
      assert.notEqual(job.status, "FAILED", JSON.stringify(job.events?.[0]));
      return disturb(id).then(() => undefined);
    };
    return eventually(`the end of job ${id}`, poll, { withinMs: LIMIT_MS, everyMs: 100 });
  }

  it("gives the same result as an undisturbed training: one job, one result, the same losses (tolerance 1e-6)", async () => {
    const undisturbed = await runJob(async () => {});
    const random = new Random(20261121);
    let kills = 0;
    const disturbed = await runJob(async (id) => {
      const before = await stepsOf(id);
      if (kills === KILLS) return;
      // A kill before the next checkpoint loses the attempt's steps. Three such kills in a row would fail the job.
      const killStep = Math.min(STEPS - 1, before + 1 + random.integer(0, Math.floor((STEPS / KILLS) * 0.9)));
      const isReached = async () => (await stepsOf(id)) >= killStep;
      await eventually(`step ${killStep}`, isReached, { withinMs: 10 * 60_000, everyMs: 5 });
      // On a fast machine, the training would end before the last kill, because every kill takes several steps.
      await signalTraining(id, "SIGSTOP");
      kills++;
      const [first, second] = random.next() < 0.5 ? [killServer, killTraining] : [killTraining, killServer];
      await first(id);
      await second(id);
      await server.start();
    });
    console.log(
      `      ${kills} kills of the server and of the program, ${(await startsOf(disturbed.id)).length} attempts`,
    );
    assert.equal(kills, KILLS);
    const jobs = await new Remote(server.url).jobs();
    assert.equal(jobs.length, 2);
    const results = (await progressOf(join(folder, "data"), disturbed.id)).filter(({ type }) => type === "result");
    assert.equal(results.length, 1);
    const [before, after] = [undisturbed, disturbed].map((job) => job.checkpoints ?? []);
    assert.equal(before?.length, after?.length);
    for (const [index, { step_number, metrics }] of (after ?? []).entries()) {
      assert.equal(step_number, before?.[index]?.step_number);
      const difference = (metrics.train_loss ?? 0) - (before?.[index]?.metrics.train_loss ?? 1);
      assert.ok(Math.abs(difference) < 1e-6, `step ${step_number}: ${difference}`);
    }
  });

  const killServer = () => server.kill();
  const startsOf = async (id: string) =>
    (await progressOf(join(folder, "data"), id)).filter(({ type }) => type === "start");
  const stepsOf = async (id: string) =>
    Math.max(0, ...(await progressOf(join(folder, "data"), id)).map(({ step = 0 }) => step));
});
