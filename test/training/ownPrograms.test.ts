import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { eventually } from "../support/eventually";
import { Remote } from "../support/remote";
import { TestServer } from "../support/server";
import { killTraining, progressOf, TRAINING_ENV, trainingsOf } from "./trainings";

const example = resolve(__dirname, "../../examples/own-program");
const report = resolve(__dirname, "../../server/recipes/report.py");
const data = resolve(__dirname, "../../examples/self-hosted");

/** A busy machine needs minutes to load PyTorch. */
const LIMIT_MS = 5 * 60_000;

describe("an own training program, examples/own-program/train.py with report.py", function () {
  this.timeout(10 * 60_000);
  let folder: string;
  let server: TestServer;
  let remote: Remote;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "own-program-"));
    await copyFile(join(example, "train.py"), join(folder, "train.py"));
    await copyFile(report, join(folder, "report.py"));
    const models = join(folder, "models.yaml");
    await writeFile(models, "models:\n  tiny: ./tiny\n  missing: ./missing\n");
    const tiny = [recipeFile("make_tiny_model.py"), join(folder, "tiny"), join(data, "train.jsonl")];
    await execa(recipePython(), tiny, { env: TRAINING_ENV });
    Object.assign(process.env, TRAINING_ENV);
    const recipe = `'${recipePython()}' '${join(folder, "train.py")}'`;
    const args = ["--trainer", "process", "--models", models, "--recipe", recipe];
    server = await TestServer.start({ dataFolder: join(folder, "data"), args });
    remote = new Remote(server.url);
  });
  after(async () => {
    await server.stopAndRemove();
    await rm(folder, { recursive: true, force: true });
  });

  async function createJob(steps: number, model = "tiny") {
    const { id: file_id } = await remote.client.files.upload({ path: join(data, "train.jsonl") });
    const { id: validation } = await remote.client.files.upload({ path: join(data, "valid.jsonl") });
    return remote.client.jobs.create({
      model,
      training_files: [{ file_id }],
      validation_files: [validation],
      hyperparameters: { training_steps: steps, learning_rate: 5e-3 },
      auto_start: true,
    });
  }

  const progress = (id: string) => progressOf(join(folder, "data"), id);
  const ended = (id: string) =>
    eventually(
      `the end of job ${id}`,
      async () => {
        const job = await remote.client.jobs.get(id);
        return ["SUCCESS", "FAILED", "CANCELLED"].includes(job.status) && job;
      },
      { withinMs: LIMIT_MS, everyMs: 200 },
    );
  const step = (id: string, step: number) =>
    eventually(`step ${step}`, async () => (await progress(id)).some((line) => line.step >= step), {
      withinMs: LIMIT_MS,
    });

  it("reports steps, checkpoints and the result; a killed attempt resumes from its newest checkpoint", async () => {
    const { id } = await createJob(60);
    await step(id, 13);
    await killTraining(id);
    const job = await ended(id);
    assert.equal(job.status, "SUCCESS");
    const lines = await progress(id);
    const starts = lines.filter(({ type }) => type === "start");
    console.log(`      attempts started at steps ${starts.map((line) => line.step).join(" and ")}`);
    assert.deepEqual([starts.length, starts[0].step, starts[0].total_steps], [2, 0, 60]);
    assert.ok(starts[1].step >= 12, "the second attempt resumes from a checkpoint");
    const checkpoints = (job.checkpoints ?? []).sort((one, other) => one.step_number - other.step_number);
    assert.deepEqual(
      checkpoints.map(({ step_number }) => step_number),
      [6, 12, 18, 24, 30, 36, 42, 48, 54, 60],
    );
    const [first, last] = [checkpoints[0]?.metrics, checkpoints.at(-1)?.metrics];
    console.log(`      training loss ${first?.train_loss} → ${last?.train_loss}`);
    console.log(`      validation loss ${first?.valid_loss} → ${last?.valid_loss}`);
    assert.ok((last?.train_loss ?? 0) < (first?.train_loss ?? 0) / 3);
    assert.ok((last?.valid_loss ?? 0) < (first?.valid_loss ?? 0) / 1.5);
    const evaluations = lines.filter(({ type }) => type === "evaluation");
    assert.deepEqual(
      evaluations.map(({ stage, step }) => [stage, step]),
      [
        ["base", 0],
        ["tuned", 60],
      ],
    );
    assert.equal(evaluations[1].metrics.valid_loss, last?.valid_loss);
    assert.ok(evaluations[0].metrics.valid_loss > evaluations[1].metrics.valid_loss);
    assert.ok(lines.filter(({ type }) => type === "step").every((line) => line.tokens_per_second > 0));
    const { type, status, step: end, stop_reason, trained_tokens } = lines.at(-1) ?? {};
    assert.deepEqual([type, status, end, stop_reason], ["result", "succeeded", 60, "steps"]);
    assert.ok(trained_tokens > 1000);
    const artifact = await fetch(`${server.url}/v1/fine_tuning/models/${job.fine_tuned_model}/artifact`);
    assert.ok((await artifact.text()).includes("adapter_model.safetensors"));
  });

  it("stops without a result when the file `cancel` exists, also without a signal", async () => {
    const { id } = await createJob(20_000);
    await step(id, 3);
    await writeFile(join(folder, "data/runs", id, "cancel"), "");
    await eventually("the end of the program", async () => (await trainingsOf(id)).length === 0, {
      withinMs: LIMIT_MS,
    });
    assert.ok((await progress(id)).every(({ type }) => type !== "result"));
    await remote.client.jobs.cancel(id);
    assert.equal((await ended(id)).status, "CANCELLED");
  });

  it("reports the error of a failed training as the reason", async () => {
    const { id } = await createJob(5, "missing");
    const job = await ended(id);
    assert.equal(job.status, "FAILED");
    assert.match(JSON.stringify(job.events), /OSError|ValueError/);
  });
});
