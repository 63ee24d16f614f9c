// A training program that trains nothing. It follows the contract of docs/training-programs.md, and violates the
// contract as configured in the model's entry in the models file:
// - `behaviour`: how the program misbehaves; `ok` by default
// - `at`: the step at which the program misbehaves
// - `attempts`: the number of attempts that misbehave
// - `ms`: the duration of a step in milliseconds
// - `evaluates`: report figures and sample answers
// - `every`: the number of steps between two checkpoints
const { createHash } = require("node:crypto");
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

const folder = process.argv[2];
const job = JSON.parse(readFileSync(join(folder, "job.json"), "utf8"));
const { behaviour = "ok", ms = 5, at = 3, attempts = Number.POSITIVE_INFINITY, every = 2 } = job.base;
const total = job.hyperparameters.training_steps ?? 10;
const progress = join(folder, "progress.jsonl");
const { attempt } = JSON.parse(readFileSync(join(folder, "attempt.json"), "utf8"));
const activeBehaviour = attempt <= attempts ? behaviour : "ok";

function report(type, fields = {}) {
  appendFileSync(progress, `${JSON.stringify({ time: Date.now() / 1000, type, ...fields })}\n`);
}

/** Returns the step of the last complete checkpoint. */
function lastCheckpoint() {
  const folders = existsSync(join(folder, "checkpoints")) ? readdirSync(join(folder, "checkpoints")) : [];
  const steps = folders.map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0));
  return Math.max(0, ...steps);
}

/** Returns the process ids of earlier programs that trained in this folder. */
function earlierPrograms() {
  const path = join(folder, "attempts.txt");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
}

function isRunning(pid) {
  const path = `/proc/${pid}/cmdline`;
  return existsSync(path) && readFileSync(path, "utf8").includes(folder);
}

function save(step) {
  const state = JSON.stringify({ step });
  const sha256 = createHash("sha256").update(state).digest("hex");
  const partial = join(folder, "checkpoints", `partial-${process.pid}-${step}`);
  mkdirSync(partial, { recursive: true });
  writeFileSync(join(partial, "state.json"), state);
  writeFileSync(
    join(partial, "manifest.json"),
    JSON.stringify({ step, files: { "state.json": { bytes: state.length, sha256 } } }),
  );
  renameSync(partial, join(folder, "checkpoints", `step-${step}`));
}

function finish() {
  const partial = join(folder, "artifact.partial");
  mkdirSync(join(partial, "nested"), { recursive: true });
  writeFileSync(join(partial, "adapter_config.json"), JSON.stringify({ base_model_name_or_path: job.base.path }));
  writeFileSync(join(partial, "nested/weights.bin"), Buffer.alloc(job.base.bytes ?? 2000, 7));
  renameSync(partial, join(folder, "artifact"));
  if (job.base.evaluates) {
    report("evaluation", {
      stage: "tuned",
      step: total,
      metrics: { valid_loss: 0.5, valid_mean_token_accuracy: 0.75 },
    });
    const answer = { prompt: "secret prompt", reference: "r", base: "b", tuned: "t" };
    mkdirSync(join(folder, "evaluation"), { recursive: true });
    writeFileSync(
      join(folder, "evaluation/samples.json"),
      JSON.stringify({ samples: Array(job.evaluation?.samples ?? 0).fill(answer) }),
    );
  }
  report("result", {
    status: "succeeded",
    artifact: "artifact",
    trained_tokens: total * 100,
    ...(job.base.evaluates && { kept_step: total }),
    step: behaviour === "early stopping" ? at : total,
    stop_reason: behaviour === "early stopping" ? "early_stopping" : "steps",
  });
}

const misbehave = {
  crash() {
    console.error(
      `Traceback (most recent call last):\n  ${process.env.REPOSITORY_TOKEN_1 ?? ""}\nValueError: the recipe is broken`,
    );
    process.exit(1);
  },
  "no module"() {
    console.error("ModuleNotFoundError: No module named 'peft'");
    process.exit(1);
  },
  "disk full"() {
    console.error("OSError: [Errno 28] No space left on device");
    process.exit(1);
  },
  fail() {
    report("result", {
      status: "failed",
      reason: `the loss is not a number; the token was ${process.env.REPOSITORY_TOKEN_1}`,
    });
    process.exit(1);
  },
  hang: () => new Promise((resolve) => setTimeout(resolve, 1e9)),
  oom: () => process.kill(process.pid, "SIGKILL"),
  "oom under a shell": () => process.exit(137),
  "no result": () => process.exit(0),
  "no artifact"() {
    report("result", { status: "succeeded", artifact: "artifact", trained_tokens: 1, step: total });
    process.exit(0);
  },
  "invalid lines": () =>
    appendFileSync(progress, 'step 3 of 10\n{"type":\nnull\n[]\n{"type":"step","step":"x"}\n\0\u0001\n'),
  async "half lines"() {
    const line = `${JSON.stringify({ time: Date.now() / 1000, type: "event", name: "halves", data: { text: "grüße" } })}\n`;
    for (const byte of Buffer.from(line)) {
      appendFileSync(progress, Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  },
};

async function main() {
  if (behaviour === "ignores SIGTERM") {
    process.on("SIGTERM", () => {});
  }
  if (behaviour === "late") {
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const first = lastCheckpoint();
  if (earlierPrograms().some(isRunning)) {
    report("event", { name: "two programs at once" });
  }
  appendFileSync(join(folder, "attempts.txt"), `${process.pid}\n`);
  appendFileSync(join(folder, "gpus.txt"), `${process.env.CUDA_VISIBLE_DEVICES}\n`);
  for (const { owner, name, ref } of job.repositories) {
    const commit_id = (ref === "v1" ? "b" : "a").repeat(40);
    report("event", { name: "repository", data: { owner, name, ref, commit_id } });
  }
  report("start", { attempt, total_steps: total, step: first, tokens_per_step: 100, data_tokens: 1000, epochs: 1 });
  if (job.base.evaluates) {
    report("evaluation", { stage: "base", step: 0, metrics: { valid_loss: 2, valid_mean_token_accuracy: 0.25 } });
  }
  for (let step = first + 1; step <= total; step += 1) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (step === at) {
      await misbehave[activeBehaviour]?.();
    }
    const loss = 2 / step;
    report("step", { step, loss, tokens: step * 100, remaining_seconds: ((total - step) * ms) / 1000 });
    if (step % every === 0) {
      save(step);
      report("checkpoint", { step, metrics: { train_loss: loss } });
    }
    if (behaviour === "early stopping" && step === at) {
      break;
    }
  }
  finish();
}

void main();
