import assert from "node:assert/strict";
import { formatShare } from "../../../server/page/src/charts/valueFormat";
import { bestOf, jobLabels, propertiesOf } from "../../../server/page/src/pages/compare/differences";
import { selectedJobs } from "../../../server/page/src/pages/compare/selectedJobs";
import { confusionRows, mistakesOf } from "../../../server/page/src/pages/job/evaluation/confusion";
import { compareFigures, compareTargets } from "../../../server/page/src/pages/job/evaluation/figures";
import { promptText } from "../../../server/page/src/pages/job/evaluation/promptText";
import type { JobReply } from "../../../server/page/src/pages/job/jobReply";
import { timelineOf } from "../../../server/page/src/pages/job/timeline";

const job = (id: string, rest: Partial<JobReply> = {}): JobReply => ({
  id,
  status: "SUCCESS",
  job_type: "completion",
  model: "open-mistral-7b",
  created_at: 0,
  auto_start: true,
  training_files: ["file-1"],
  validation_files: [],
  hyperparameters: { learning_rate: 1e-4 },
  integrations: [],
  metadata: { trainer: "simulated", simulated: true },
  events: [],
  checkpoints: [],
  ...rest,
});
const file = (id: string, filename = "data.jsonl") => ({ id, role: "training" as const, filename, num_lines: 200 });
const compared = (...jobs: JobReply[]) =>
  jobs.map((each) => ({ job: each, files: each.training_files.map((id) => file(id)) }));

describe("differences between jobs", () => {
  it("come first, and name properties that only one job declares", () => {
    const jobs = compared(job("a"), job("b", { hyperparameters: { learning_rate: 1e-4, warmup_fraction: 0.1 } }));
    const [first, ...others] = propertiesOf(jobs);
    assert.deepEqual(first, {
      name: "warmup_fraction",
      label: "Warmup fraction",
      values: [undefined, "0.1"],
      differs: true,
    });
    assert.ok(others.every(({ differs }) => !differs));
    assert.deepEqual(jobLabels(jobs), ["warmup fraction not set", "warmup fraction 0.1"]);
  });

  it("distinguish files of the same name by their IDs", () => {
    const jobs = compared(job("a"), job("b", { training_files: ["file-2"] }));
    const data = propertiesOf(jobs).find(({ name }) => name === "training_data");
    assert.deepEqual(data?.values, ["data.jsonl file-1 (200 samples)", "data.jsonl file-2 (200 samples)"]);
  });

  it("ignore that the same content was uploaded twice, under whatever name", () => {
    const uploads = [
      { ...file("file-1"), sha256: "a".repeat(64) },
      { ...file("file-2"), sha256: "a".repeat(64) },
      { ...file("file-3", "other.jsonl"), sha256: "a".repeat(64) },
      { ...file("file-4"), sha256: "b".repeat(64) },
    ];
    const jobs = uploads.map((upload, index) => ({
      job: job(`${index}`, { training_files: [upload.id] }),
      files: [upload],
    }));
    const data = (...indexes: number[]) =>
      propertiesOf(indexes.map((index) => jobs[index] as (typeof jobs)[number])).find(
        ({ name }) => name === "training_data",
      );
    assert.deepEqual(
      [data(0, 1, 2)?.differs, data(0, 1)?.values],
      [false, ["data.jsonl (200 samples)", "data.jsonl (200 samples)"]],
    );
    assert.deepEqual(
      [data(0, 3)?.differs, data(0, 3)?.values],
      [true, ["data.jsonl aaaaaaaa (200 samples)", "data.jsonl bbbbbbbb (200 samples)"]],
    );
    const [first, second] = jobs as [(typeof jobs)[number], (typeof jobs)[number]];
    const heavier = { ...second, files: second.files.map((each) => ({ ...each, weight: 2 })) };
    assert.equal(propertiesOf([first, heavier])[0]?.name, "training_data");
  });

  it("leave equal jobs to their suffixes, or to their IDs", () => {
    assert.deepEqual(jobLabels(compared(job("a", { suffix: "one" }), job("b", { suffix: "two" }))), ["one", "two"]);
    const same = compared(job("aaaaaaaa-1", { suffix: "one" }), job("bbbbbbbb-1", { suffix: "one" }));
    assert.deepEqual(jobLabels(same), ["one (aaaaaaaa)", "one (bbbbbbbb)"]);
  });

  it("cannot hide behind characters that change the direction of text", () => {
    assert.deepEqual(jobLabels(compared(job("a", { model: "x\u202ey" }), job("b", { model: "z" }))), [
      "model xy",
      "model z",
    ]);
  });

  it("mark the best value, or several equal ones, but neither the only one nor all", () => {
    assert.deepEqual([...bestOf([2, 1, undefined, 1], true)], [1, 3]);
    assert.deepEqual([...bestOf([0.5, 0.7], false)], [1]);
    assert.deepEqual([...bestOf([undefined, 1], true)], []);
    assert.deepEqual([...bestOf([1, 1, undefined], true)], []);
  });

  it("are those of at most 8 jobs, each once", () => {
    assert.deepEqual(selectedJobs("a, b,,a"), ["a", "b"]);
    assert.deepEqual(selectedJobs(undefined), []);
    assert.equal(selectedJobs("1,2,3,4,5,6,7,8,9").length, 8);
  });
});

describe("figures of an evaluation", () => {
  it("call a lower loss and a higher share an improvement", () => {
    const [loss, accuracy] = compareFigures({
      base: { valid_loss: 2, valid_mean_token_accuracy: 0.6 },
      tuned: { valid_loss: 1, valid_mean_token_accuracy: 0.5 },
    });
    assert.deepEqual([loss?.improvement, loss?.bars], [1, [1, 0.5]]);
    assert.ok((accuracy?.improvement as number) < 0);
    assert.deepEqual(accuracy?.bars, [0.6, 0.5]);
  });

  it("write shares with at most one decimal", () => {
    assert.deepEqual([0.41, 0.6812, 1, 0.29].map(formatShare), ["41 %", "68.1 %", "100 %", "29 %"]);
  });

  it("have no improvement while one of the models is not measured", () => {
    const [loss] = compareFigures({ base: { valid_loss: 2 } });
    assert.deepEqual([loss?.tuned, loss?.improvement, loss?.bars], [undefined, undefined, [1, 0]]);
    assert.deepEqual(compareFigures({}), []);
  });

  it("pair the targets of both models by name", () => {
    const confusion = { labels: ["a"], matrix: [[1]] };
    const [mood] = compareTargets({
      base: { step: 0, targets: [{ name: "mood", accuracy: 0.3, majority_accuracy: 0.5 }] },
      tuned: { step: 9, targets: [{ name: "mood", accuracy: 0.8, confusion }] },
    });
    assert.deepEqual(
      [mood?.base?.accuracy, mood?.tuned?.accuracy, mood?.majority, mood?.confusion],
      [0.3, 0.8, 0.5, confusion],
    );
  });

  it("show a confusion matrix with totals, and name the most frequent mistakes", () => {
    const confusion = {
      labels: ["a", "b", "c"],
      matrix: [
        [8, 2],
        [5, 5, 0],
      ],
    };
    const rows = confusionRows(confusion);
    assert.deepEqual(
      rows.map(({ total, recall }) => [total, recall]),
      [
        [10, 0.8],
        [10, 0.5],
        [0, undefined],
      ],
    );
    assert.deepEqual(mistakesOf(confusion, 1), [{ label: "b", predicted: "a", count: 5 }]);
  });

  it("write prompts of messages as text", () => {
    assert.equal(promptText("plain"), "plain");
    const messages = [
      { role: "user", content: "Hi" },
      { role: "user", content: [{ type: "text", text: "there" }] },
    ];
    assert.equal(promptText(messages), "user: Hi\nuser: there");
    assert.equal(promptText([{ role: "user", content: [{ type: "image_url" }] }]), 'user: [{"type":"image_url"}]');
  });
});

describe("the statuses of a job", () => {
  it("are in order, each with its duration, without repetitions after a restart", () => {
    const status = (name: string, created_at: number) => ({
      name: "status-updated",
      data: { status: name },
      created_at,
    });
    const events = [status("SUCCESS", 30), status("RUNNING", 20), status("RUNNING", 10), status("QUEUED", 5)];
    assert.deepEqual(timelineOf([...events, { name: "warning", data: {}, created_at: 6 }]), [
      { status: "QUEUED", at: 5, lasted: 5 },
      { status: "RUNNING", at: 10, lasted: 20 },
      { status: "SUCCESS", at: 30, lasted: undefined },
    ]);
  });
});
