// A training program with the commands `capabilities`, `plan` and `show` of docs/training-programs.md. The first argument
// is a file with the capabilities. `plan` misbehaves as configured in the field `plan` of the model's entry in the models
// file:
// - `behaviour`: see `misbehave`; `ok` by default
// - `ms`: the duration of the command in milliseconds
// - `steps`: the planned steps
// - `attempts`: the number of attempts that misbehave
const {
  appendFileSync,
  existsSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
  mkdirSync,
} = require("node:fs");
const { setTimeout: sleep } = require("node:timers/promises");
const { basename, join } = require("node:path");

const [settingsFile, command, ...rest] = process.argv.slice(2);
const record = (...words) => appendFileSync(`${settingsFile}.commands`, `${words.join(" ")}\n`);

const misbehave = {
  ok: () => {},
  invalid(folder) {
    const { name } = readJob(folder).training_files[0];
    write(folder, {
      version: 1,
      status: "invalid",
      reason: `${name}:2: the call id has 3 characters; the token was ${process.env.REPOSITORY_TOKEN_1}`,
      findings: [`${name}:2: messages[1].tool_calls[0].id: has 3 characters, needs 9`],
    });
  },
  crash() {
    console.error(`Traceback\n  ${process.env.REPOSITORY_TOKEN_1}\nValueError: the plan is broken`);
    process.exit(3);
  },
  "no plan": () => process.exit(0),
  "invalid plan": (folder) => write(folder, { version: 1, status: "ok", total_steps: 0 }),
  killed: () => process.kill(process.pid, "SIGKILL"),
  hang: () => sleep(1e9),
};

function readJob(folder) {
  return JSON.parse(readFileSync(join(folder, "job.json"), "utf8"));
}

function write(folder, plan) {
  writeFileSync(join(folder, "plan.json.partial"), JSON.stringify(plan));
  renameSync(join(folder, "plan.json.partial"), join(folder, "plan.json"));
  process.exit(0);
}

async function plan(folder, ...options) {
  record("plan", basename(folder), ...options);
  const pidsFile = join(folder, "plans.txt");
  appendFileSync(pidsFile, `${process.pid}\n`);
  const { base, hyperparameters, generation_rules } = readJob(folder);
  const { behaviour = "ok", ms = 5, steps = 60, attempts = Number.POSITIVE_INFINITY } = base.plan ?? {};
  if (behaviour === "ignores SIGTERM") process.on("SIGTERM", () => {});
  mkdirSync(join(folder, "checkpoints/tokenized"), { recursive: true });
  writeFileSync(join(folder, "checkpoints/tokenized/rows"), "rows");
  console.log(`CUDA_VISIBLE_DEVICES=[${process.env.CUDA_VISIBLE_DEVICES}]`);
  await sleep(ms);
  const attempt = readFileSync(pidsFile, "utf8").trim().split("\n").length;
  if (attempt <= attempts) await misbehave[behaviour]?.(folder);
  write(folder, {
    version: 1,
    status: "ok",
    total_steps: hyperparameters.training_steps ?? steps,
    epochs: 3,
    tokens_per_step: 500,
    data_tokens: 36,
    samples: 3,
    skipped_samples: 0,
    events: [
      {
        name: "packing-off",
        data: { reason: `planned with ${generation_rules} and ${process.env.REPOSITORY_TOKEN_1}` },
      },
    ],
  });
}

/** The loss is lower with an adapter. `base.evaluate.fails`: the number of runs that fail. */
function evaluate(folder) {
  const request = JSON.parse(readFileSync(join(folder, "evaluate.json"), "utf8"));
  const { base, adapter, validation_files, samples, seq_len, fim_ratio, seed, invalid_sample_skip_percentage } =
    request;
  const rows = [seq_len, fim_ratio, seed, invalid_sample_skip_percentage];
  record("evaluate", adapter === null ? "base" : "adapter", `rows=${rows}`);
  const runs = readFileSync(`${settingsFile}.commands`, "utf8")
    .split("\n")
    .filter((line) => /^evaluate/.test(line));
  if (runs.length <= (base.evaluate?.fails ?? 0)) {
    console.error("Traceback\nthe model cannot be read");
    process.exit(1);
  }
  const prompt = readFileSync(validation_files[0].path, "utf8").slice(0, 10);
  const answers = Array(samples).fill({ prompt, reference: "r", answer: "a" });
  writeFileSync(join(folder, "figures.json"), JSON.stringify({ valid_loss: adapter ? 1 : 2, samples: answers }));
}

function show(...options) {
  const [, base, , rows, file] = options;
  record("show", `base=${basename(base)}`, `rows=${rows}`);
  const lines = readFileSync(file, "utf8").trim().split("\n").slice(0, Number(rows));
  for (const [index, text] of lines.entries()) {
    if (text.includes("invalid")) {
      console.error(`${file}:${index + 1}: text: must not be invalid`);
      process.exit(1);
    }
    console.log(JSON.stringify({ line: index + 1, row: 0, input_ids: [1], labels: [-100], text, learned: "" }));
  }
}

if (command === "capabilities") {
  record("capabilities", `files=${readdirSync(".").length}`, `gpus=[${process.env.CUDA_VISIBLE_DEVICES}]`);
  console.log("a line of a library");
  console.log(readFileSync(settingsFile, "utf8"));
} else if (command === "plan") {
  void plan(...rest);
} else if (command === "evaluate") {
  evaluate(...rest);
} else if (command === "show") {
  show(...rest);
} else {
  const folder = command;
  record("train", basename(folder));
  if (existsSync(join(folder, "plan.json"))) {
    const { total_steps } = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"));
    const event = { time: Date.now() / 1000, type: "event", name: "found-plan", data: { total_steps } };
    appendFileSync(join(folder, "progress.jsonl"), `${JSON.stringify(event)}\n`);
  }
  process.argv = [process.argv[0], process.argv[1], folder];
  require("./fake.js");
}
