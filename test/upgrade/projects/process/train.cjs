// A training program for version 1 of the interface in docs/training-programs.md. The program trains nothing, but it reads its
// data, writes checkpoints and resumes from the latest checkpoint. An upgrade does not change a user's program, so every later
// version of the server runs the recorded program.
const assert = require("node:assert/strict");
const {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} = require("node:fs");
const { join } = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");

const CHECKPOINT_STEPS = 5;
/** A training waits at the model's step `hold_at` until a test creates this file, so that the test decides how long it runs. */
const CONTINUE = join(__dirname, "continue");

process.chdir(process.argv[2]);
const job = JSON.parse(readFileSync("job.json", "utf8"));
assert.equal(job.version, 1);
const { step_ms, hold_at, fail } = job.base;
const total = job.hyperparameters.training_steps;

function report(type, fields) {
  appendFileSync("progress.jsonl", `${JSON.stringify({ time: Date.now() / 1000, type, ...fields })}\n`);
}

function latestCheckpoint() {
  const names = existsSync("checkpoints") ? readdirSync("checkpoints") : [];
  return Math.max(0, ...names.map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0)));
}

/** Writes a folder under a temporary name first, so that it is complete as soon as it has its final name. */
function writeFolder(path, files) {
  mkdirSync(`${path}.partial`, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(`${path}.partial`, name), JSON.stringify(content));
  }
  renameSync(`${path}.partial`, path);
}

async function main() {
  for (const { path } of [...job.training_files, ...job.validation_files]) {
    assert.ok(readFileSync(path, "utf8").length > 0);
  }
  for (const { api_key_env } of job.integrations) {
    assert.equal(process.env[api_key_env]?.length, 40);
  }
  const first = latestCheckpoint();
  report("start", { total_steps: total, step: first, data_tokens: 1000, epochs: 1 });
  for (let step = first + 1; step <= total; step += 1) {
    await sleep(step_ms);
    while (step === hold_at && !existsSync(CONTINUE)) {
      await sleep(step_ms);
    }
    if (fail !== undefined && step === 2) {
      report("result", { status: "failed", reason: fail });
      return;
    }
    report("step", { step, loss: 2 / step, tokens: step * 100, remaining_seconds: ((total - step) * step_ms) / 1000 });
    if (step % CHECKPOINT_STEPS === 0) {
      writeFolder(`checkpoints/step-${step}`, { "state.json": { step } });
      report("checkpoint", { step, metrics: { train_loss: 2 / step } });
    }
  }
  writeFolder("artifact", { "adapter_config.json": { base_model_name_or_path: job.base.path, seed: job.seed } });
  report("result", {
    status: "succeeded",
    artifact: "artifact",
    trained_tokens: total * 100,
    step: total,
    stop_reason: "steps",
  });
}

void main();
