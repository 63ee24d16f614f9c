import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createJobBody } from "../../../server/src/domain/jobSpec";
import { inspectData, inspectFiles } from "../../../server/src/trainers/inspectData";
import { folder, removeFolders, SAMPLE } from "../support";

const NEVER = new AbortController().signal;
const COMPLETION = { jobType: "completion", targets: [] } as const;

describe("server: checking data files", () => {
  afterEach(removeFolders);

  function file(content: string | Buffer, name = "data.jsonl") {
    const path = join(folder(), name);
    writeFileSync(path, content);
    return { name, path, bytes: Buffer.byteLength(content) };
  }

  it("accepts a byte order mark, CRLF, blank lines and a missing final newline", async () => {
    const content = `\ufeff${SAMPLE}\r\n\r\n \t\n${SAMPLE}`;
    assert.deepEqual(await inspectFiles([file(content)], COMPLETION, 0, NEVER), {
      ok: true,
      totals: {
        bytes: Buffer.byteLength(content),
        samples: 2,
        characters: 72,
        skipped: 0,
        tokens: 18,
        longestSample: 9,
        hasTexts: false,
      },
    });
  });

  it("adds up the totals of several files", async () => {
    const result = await inspectFiles([file('{"text":"abcd"}'), file('{"text":"abcde"}')], COMPLETION, 0, NEVER);
    assert.deepEqual(result, {
      ok: true,
      totals: { bytes: 31, samples: 2, characters: 9, skipped: 0, tokens: 3, longestSample: 2, hasTexts: true },
    });
  });

  it("rejects images, but not in data that an earlier release accepted", async () => {
    const image = { type: "image_url", image_url: "https://images.invalid/x.png" };
    const messages = [
      { role: "user", content: [image] },
      { role: "assistant", content: "A cat." },
    ];
    const trainingFiles = [{ ...file(`${SAMPLE}\n${JSON.stringify({ messages })}\n`), id: "f", sha256: "" }];
    const spec = createJobBody.parse({ model: "m", training_files: ["f"] });
    const request = { id: "j", workspace: "default", spec, trainingFiles, validationFiles: [] };
    const finding =
      'data.jsonl:2: messages[0].content[0].type: images cannot be trained, found "image_url"; remove the image';
    assert.deepEqual(await inspectData({ ...request, isKnownData: false }, NEVER), {
      ok: false,
      reason: finding,
      findings: [finding],
    });
    const known = await inspectData({ ...request, isKnownData: true }, NEVER);
    assert.ok(known.ok);
    assert.deepEqual([known.totals.samples, known.totals.skipped], [2, 0]);
  });

  it("limits the nesting of samples, but not in data that an earlier release accepted", async () => {
    const nested = `{"text":"a","x":${"[".repeat(200)}${"]".repeat(200)}}`;
    const trainingFiles = [{ ...file(`${SAMPLE}\n${nested}\n`), id: "f", sha256: "" }];
    const spec = createJobBody.parse({ model: "m", training_files: ["f"] });
    const request = { id: "j", workspace: "default", spec, trainingFiles, validationFiles: [] };
    const finding = "data.jsonl:2: is nested more than 100 levels deep";
    assert.deepEqual(await inspectData({ ...request, isKnownData: false }, NEVER), {
      ok: false,
      reason: finding,
      findings: [finding],
    });
    assert.ok((await inspectData({ ...request, isKnownData: true }, NEVER)).ok);
  });

  it("limits the structure of samples, but not in data that an earlier release accepted", async () => {
    const large = `{"text":"a","x":[${"0,".repeat(1_000_001)}0]}`;
    const trainingFiles = [{ ...file(`${SAMPLE}\n${large}\n`), id: "f", sha256: "" }];
    const spec = createJobBody.parse({ model: "m", training_files: ["f"] });
    const request = { id: "j", workspace: "default", spec, trainingFiles, validationFiles: [] };
    const { ok } = await inspectData({ ...request, isKnownData: false }, NEVER);
    assert.ok(!ok);
    const known = await inspectData({ ...request, isKnownData: true }, NEVER);
    assert.ok(known.ok);
    assert.equal(known.totals.samples, 2);
  });

  it("stays responsive while it compares millions of labels with 10,000 labels", async () => {
    const labels = Array.from({ length: 10_000 }, (_, index) => `label ${index}`);
    const targets = [{ name: "t", labels, loss_function: "multi_class" }];
    const line = `{"text":"a","labels":{"t":[${'"label 9999",'.repeat(900_000)}"label 0"]}}\n`;
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const data = file(line);
    delay.enable();
    const result = await inspectFiles([data], { jobType: "classifier", targets }, 0, NEVER);
    delay.disable();
    assert.ok(result.ok, JSON.stringify(result));
    // About 20 ms on an idle machine. Without threads and sets, it was seconds.
    assert.ok(delay.max < 250e6, `${delay.max / 1e6} ms`);
  });

  it("ends at once when its signal is aborted, also while it waits for its turn", async () => {
    const keys = Array.from({ length: 990_000 }, (_, index) => `"${index}":1`).join(",");
    const data = file(`{"text":"a","x":{${keys}}}\n`);
    const controller = new AbortController();
    const inspections = [1, 2, 3].map(() => inspectFiles([data], COMPLETION, 0, controller.signal));
    setTimeout(() => controller.abort(new Error("ended")), 100);
    const start = performance.now();
    for (const each of await Promise.allSettled(inspections)) assert.equal(each.status, "rejected");
    assert.ok(performance.now() - start < 500);
  });

  it("rejects a file without samples, also when invalid samples may be skipped", async () => {
    for (const content of ["", "\n\n"]) {
      const result = await inspectFiles([file(content)], COMPLETION, 0.5, NEVER);
      assert.deepEqual(result, { ok: false, reason: "data.jsonl: contains no samples", findings: [] });
    }
  });

  it("lists at most 20 findings, but counts all", async () => {
    const result = await inspectFiles([file(`${SAMPLE}\n${"{}\n".repeat(30)}`)], COMPLETION, 0, NEVER);
    assert.ok(!result.ok);
    assert.equal(result.findings.length, 20);
    assert.match(result.reason, /; 30 of 31 samples are invalid$/);
  });
});
