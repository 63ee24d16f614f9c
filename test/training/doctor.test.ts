import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { execa } from "execa";
import { recipeFile, recipePython } from "../../server/src/trainers/recipe/recipe";
import { run } from "../server/process";
import { TRAINING_ENV } from "./trainings";

const train = resolve(__dirname, "../../examples/self-hosted/train.jsonl");

describe("server: doctor with the included recipe", function () {
  this.timeout(15 * 60_000);
  let folder: string;
  const path = (name: string) => join(folder, name);

  before("make a tiny model", async () => {
    folder = mkdtempSync(join(tmpdir(), "doctor-"));
    await execa(recipePython(), [recipeFile("make_tiny_model.py"), path("tiny"), train], { env: TRAINING_ENV });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  function doctor(models: string, env: Record<string, string> = {}, trainer = "process") {
    writeFileSync(path("models.yaml"), models);
    const args = ["--data", path("data"), "--trainer", trainer, "--models", path("models.yaml")];
    return run(["doctor", ...args], { ...TRAINING_ENV, ...env });
  }

  /** Returns the PATH with an `nvidia-smi` that reports a GPU whose driver is too old for the pinned torch. */
  function pathWithOldDriver(): string {
    const program = path("bin/nvidia-smi");
    mkdirSync(path("bin"), { recursive: true });
    writeFileSync(program, "#!/bin/sh\necho 'NVIDIA A100-SXM4-80GB, 470.57.02'\n");
    chmodSync(program, 0o755);
    return `${path("bin")}${delimiter}${process.env.PATH}`;
  }

  it("renders a sample of each model and names the device and the memory", async () => {
    const { code, stdout } = await doctor("models: {tiny: ./tiny}", { CUDA_VISIBLE_DEVICES: "" });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {6}models file: .*models\.yaml, with 1 model$/m);
    assert.match(stdout, /^ok {6}recipe: .*python 3\.\d+\.\d+, torch \S+, transformers /m);
    assert.match(stdout, /^note {4}GPU: .*trainings run on the CPU/m);
    assert.match(stdout, /^ok {6}tiny: \S+\/tiny, 0\.\d million parameters, chat format /m);
    assert.match(stdout, /^ok {6}tiny: sample: <s>\[INST\] What is the capital of France\?\[\/INST\] Paris\.<\/s>$/m);
    assert.match(stdout, /^ok {6}tiny: trains on the CPU \(\d+ cores\) in fp32; needs about .* GiB in total$/m);
    assert.match(stdout, /\nAll checks passed\.\n$/);
  });

  it("fails for each broken model, with one line each, and still checks the others", async () => {
    mkdirSync(path("empty"), { recursive: true });
    const models = "models: {tiny: ./tiny, gone: ./gone, empty: ./empty}";
    const { code, stdout } = await doctor(models, { CUDA_VISIBLE_DEVICES: "" });
    assert.equal(code, 1);
    for (const name of ["gone", "empty"]) {
      const lines = stdout.split("\n").filter((line) => line.includes(` ${name}: `));
      assert.equal(lines.length, 1, stdout);
      assert.match(lines[0] as string, /^failed {2}\w+: \S+ does not contain a model: config\.json is missing; set /);
    }
    assert.match(stdout, /^ok {6}tiny: sample: /m);
    assert.match(stdout, /\n2 checks failed\.\n$/);
  });

  it("fails for a driver that is too old, except for models that train on the CPU", async () => {
    const env = { PATH: pathWithOldDriver(), CUDA_VISIBLE_DEVICES: "0" };
    const { code, stdout } = await doctor("models: {tiny: ./tiny}", env);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^failed {2}GPU: this machine has a GPU \(NVIDIA A100-SXM4-80GB\), but its NVIDIA driver 470\.57\.02 is too old for torch \S+ with CUDA \S+: update the driver to \d+ or later, /m,
    );
    assert.match(stdout, /\n1 check failed\.\n$/);
    const onCpu = await doctor("models: {tiny: {path: ./tiny, device: cpu}}", env);
    assert.equal(onCpu.code, 0, onCpu.stdout);
    assert.match(onCpu.stdout, /^note {4}GPU: this machine has a GPU/m);
    assert.match(onCpu.stdout, /^ok {6}tiny: trains on the CPU /m);
  });

  it("does not check this machine's GPU when a cluster trains", async () => {
    const { stdout } = await doctor("models: {tiny: ./tiny}", { PATH: pathWithOldDriver() }, "ray");
    assert.doesNotMatch(stdout, / GPU: /);
    assert.match(stdout, /^ok {6}tiny: a training on a GPU needs about /m);
  });
});
