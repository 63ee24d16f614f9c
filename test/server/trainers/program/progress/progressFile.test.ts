import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { type ProgramProgress, toProgress } from "../../../../../server/src/trainers/program/progress/programProgress";
import { ProgressFile } from "../../../../../server/src/trainers/program/progress/progressFile";
import { folder, removeFolders } from "../../../support";

describe("server: progress.jsonl", () => {
  let path: string;
  let file: ProgressFile;

  beforeEach(() => {
    path = join(folder(), "progress.jsonl");
    file = new ProgressFile(path);
  });

  afterEach(removeFolders);

  const line = (fields: object) => `${JSON.stringify({ time: 1700000000.5, ...fields })}\n`;
  const read = (...lines: string[]): Promise<ProgramProgress> => {
    appendFileSync(path, lines.join(""));
    return file.read();
  };
  const checkpoint = (step: number, train_loss: number) => line({ type: "checkpoint", step, metrics: { train_loss } });

  it("is treated as empty when it does not exist", async () => {
    assert.equal(toProgress(await file.read()).state, "starting");
  });

  it("has evenly spaced points of 100,000 steps that are read at once, and all evaluations", async () => {
    const lines: string[] = [];
    for (let step = 1; step <= 100_000; step++) {
      lines.push(line({ type: "step", step, loss: 1 }));
      const metrics = { train_loss: 1, valid_loss: 1 };
      if (step % 2000 === 0) lines.push(line({ type: "checkpoint", step, metrics }));
    }
    await read(...lines);
    const points = file.pointsAfter(0);
    const ids = points.map(({ id }) => id);
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((one, other) => one - other),
    );
    const stepsOf = (wanted: string) => points.filter(({ type }) => type === wanted).map(({ step }) => step);
    assert.deepEqual(
      stepsOf("evaluation"),
      Array.from({ length: 50 }, (_, index) => (index + 1) * 2000),
    );
    const steps = stepsOf("step");
    assert.ok(steps.length > 2500 && steps.length <= 5000, `${steps.length} points`);
    assert.deepEqual([steps[0], steps.at(-1)], [1, 100_000]);
    const gaps = steps.slice(1).map((step, index) => step - (steps[index] as number));
    assert.ok(Math.max(...gaps) <= 32, `a gap of ${Math.max(...gaps)} steps`);
  });

  it("removes the points of steps that are trained again before they are stored", async () => {
    const steps = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, index) => line({ type: "step", step: first + index, loss: 1 }));
    const start = (step: number) => line({ type: "start", total_steps: 20, step });
    await read(start(0), ...steps(1, 6), start(4), ...steps(5, 6), start(2), ...steps(3, 4));
    assert.deepEqual(
      file.pointsAfter(0).map(({ type, step }) => (type === "resumed" ? -step : step)),
      [1, 2, -2, 3, 4],
    );
  });

  it("lets other work run often while it is long", async () => {
    appendFileSync(path, line({ type: "step", step: 1, loss: 1 }).repeat(30_000));
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    });
    await file.read();
    clearInterval(timer);
    assert.ok(turns >= 30, `${turns} turns`);
  });

  it("is read while it grows, line by complete line", async () => {
    const text = line({ type: "step", step: 3, loss: 1.5, tokens: 99, remaining_seconds: 7 });
    let programProgress = await read(line({ type: "start", total_steps: 10, step: 0 }), text.slice(0, 20));
    assert.deepEqual([programProgress.step, programProgress.totalSteps], [0, 10]);
    programProgress = await read(text.slice(20));
    assert.deepEqual(
      [
        programProgress.step,
        programProgress.trainLoss,
        programProgress.trainedTokens,
        programProgress.remainingSeconds,
        programProgress.invalidLines,
      ],
      [3, 1.5, 99, 7, 0],
    );
  });

  it("redacts the secrets of the job and tokens in events", async () => {
    file = new ProgressFile(path, ["tok"]);
    const data = { message: "tok is wrong", list: [{ value: `hf_${"x".repeat(34)}` }] };
    const { events } = await read(line({ type: "event", name: "download", data }));
    assert.deepEqual(events[0]?.data, { message: "[secret] is wrong", list: [{ value: "[secret]" }] });
  });

  it("keeps the first 8 MiB of events, and one event that says so", async () => {
    const event = (name: string, length: number) => line({ type: "event", name, data: { text: "é".repeat(length) } });
    const { events } = await read(...Array.from({ length: 80 }, (_, index) => event(`${index}`, 60_000)));
    assert.deepEqual([events[0]?.name, events.at(-2)?.name, events.at(-1)?.name], ["0", "68", "events-dropped"]);
    assert.match(String(events.at(-1)?.data.reason), /1,000 events or 8 MiB/);
    assert.ok(Buffer.byteLength(JSON.stringify(events)) < 8.1 * 2 ** 20);
    // A small event would fit, but the events would then have a gap.
    assert.equal((await read(event("small", 1))).events.length, events.length);
  });

  it("keeps the first 1,000 events, and one event that says so", async () => {
    const event = (_: unknown, index: number) => line({ type: "event", name: `${index}` });
    const { events } = await read(...Array.from({ length: 1_005 }, event));
    assert.deepEqual([events.length, events.at(-2)?.name, events.at(-1)?.name], [1_001, "999", "events-dropped"]);
    assert.equal(events.at(-1)?.line, 1_001);
  });

  it("replaces the data of an event that is nested too deeply", async () => {
    const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
    const event = (data: string) => `{"type":"event","time":1,"name":"deep","data":${data}}\n`;
    const { events } = await read(
      event(nested(32)),
      event(nested(33)),
      event(`{"a":${"[".repeat(30_000)}${"]".repeat(30_000)}}`),
    );
    assert.deepEqual(events[0]?.data, JSON.parse(nested(32)));
    for (const { data } of events.slice(1)) assert.match(data.message as string, /nested more than 32 levels deep/);
    assert.equal(events.length, 3);
    assert.ok(JSON.stringify(events).length < 1000);
  });

  it("can be read in parts that end inside a character", async () => {
    const bytes = Buffer.from(line({ type: "event", name: "grüße 🙂" }));
    for (const byte of bytes) {
      appendFileSync(path, Buffer.from([byte]));
      await file.read();
    }
    assert.deepEqual((await file.read()).events, [{ name: "grüße 🙂", data: {}, createdAt: 1700000000500, line: 1 }]);
  });

  it("goes back to the checkpoint of a resumed attempt, and keeps the latest of repeated checkpoints", async () => {
    await read(line({ type: "start", total_steps: 9, step: 0 }), checkpoint(2, 5), checkpoint(4, 4));
    let programProgress = await read(line({ type: "step", step: 5 }), line({ type: "start", total_steps: 9, step: 2 }));
    assert.deepEqual([programProgress.step, programProgress.furthestStep, programProgress.attempts], [2, 5, 2]);
    assert.deepEqual(
      programProgress.events.map(({ name, data }) => [name, data]),
      [["resumed", { attempt: 2, step: 2 }]],
    );
    programProgress = await read(checkpoint(4, 3), checkpoint(4, 2));
    assert.deepEqual(
      programProgress.checkpoints.map((each) => [each.step, each.metrics.train_loss]),
      [
        [2, 5],
        [4, 2],
      ],
    );
  });

  it("can contain invalid lines, which are ignored and reported once", async () => {
    const programProgress = await read(
      "Traceback (most recent call last):\n\0\u0007[[[\n\n",
      line({ type: "new in version 2" }),
      line({ type: "step", step: "two" }),
      "null\n17\n",
      line({ type: "step", step: 2, loss: null, extra: true }),
    );
    assert.deepEqual(
      [programProgress.step, programProgress.invalidLines, programProgress.trainLoss],
      [2, 2, undefined],
    );
    assert.deepEqual(
      programProgress.events.map((event) => [event.name, event.line]),
      [["unreadable-progress", 1]],
    );
  });

  it("can contain an endless line, which is skipped", async () => {
    appendFileSync(path, "x".repeat(3 * 1024 ** 2));
    await file.read();
    const long = line({ type: "event", name: "long", data: { text: "x".repeat(100_000) } });
    const programProgress = await read("x\n", long, line({ type: "step", step: 2 }));
    assert.deepEqual([programProgress.invalidLines, programProgress.step], [2, 2]);
  });

  it("discards the result of an attempt when another attempt starts", async () => {
    const failed = line({ type: "result", status: "failed", reason: "no" });
    assert.equal((await read(failed)).result?.status, "failed");
    assert.equal((await read(line({ type: "start", total_steps: 9, step: 0 }))).result, undefined);
    const succeeded = line({
      type: "result",
      status: "succeeded",
      step: 9,
      trained_tokens: 1000,
      stop_reason: "early_stopping",
    });
    const programProgress = await read(succeeded);
    assert.deepEqual(
      [programProgress.result?.status, programProgress.step, programProgress.trainedTokens],
      ["succeeded", 9, 1000],
    );
  });
});
