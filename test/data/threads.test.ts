import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import workerThreads from "node:worker_threads";
import { execa } from "execa";
// The compiled files, because a thread does not load TypeScript.
import {
  CheckThreads,
  type FileReport,
  type InspectOptions,
  inspect,
  type Rules,
  SampleIndex,
} from "../../provider/dist/data/src";
import { checkBatch } from "../../provider/dist/data/src/inspection/checkBatch";
import { loadHash } from "../../provider/dist/data/src/inspection/hash";
import { ReportTotals } from "../../provider/dist/data/src/inspection/reportTotals";
import { describeSystemError, isSystemError } from "../../server/src/domain/systemError";
import { sample } from "../support/samples";

const COMPLETION: Rules = { jobType: "completion", targets: [] };
const LABELS = Array.from({ length: 10_000 }, (_, index) => `label ${index}`);
const CLASSIFIER: Rules = {
  jobType: "classifier",
  targets: [{ name: "t", labels: LABELS, loss_function: "multi_class" }],
};
const LINE_BYTES = 16 * 1024 ** 2 - 64;

/** Lines that take long to check, or much memory. */
const HOSTILE: Record<string, { line: () => string; rules?: Rules; finding?: RegExp }> = {
  "millions of labels": {
    line: () => `{"text":"a","labels":{"t":[${`"${LABELS.at(-1)}",`.repeat(LINE_BYTES / 14 - 10)}"${LABELS[0]}"]}}`,
    rules: CLASSIFIER,
    finding: /1,000,000/,
  },
  "900,000 labels": {
    line: () => `{"text":"a","labels":{"t":[${`"${LABELS.at(-1)}",`.repeat(900_000)}"${LABELS[0]}"]}}`,
    rules: CLASSIFIER,
  },
  "opening brackets": { line: () => "[".repeat(LINE_BYTES), finding: /^is nested more than 100 levels deep$/ },
  "opening brackets in the arguments of a tool call": {
    line: () => JSON.stringify(calling("[".repeat(LINE_BYTES - 1024))),
    finding: /^messages\[1\]\.tool_calls\[0\]\.function\.arguments: is nested more than 100 levels deep$/,
  },
  "deeply nested objects": {
    line: () => `${'{"a":'.repeat(LINE_BYTES / 6)}1${"}".repeat(LINE_BYTES / 6)}`,
    finding: /^is nested more than 100 levels deep$/,
  },
  "empty objects": { line: () => `{"text":"a","x":[${"{},".repeat(LINE_BYTES / 3 - 10)}{}]}`, finding: /1,000,000/ },
  "one long string": { line: () => `{"text":"${"a".repeat(LINE_BYTES - 12)}"}` },
  "an unfinished string of escapes": {
    line: () => `{"text":"${"\\\\".repeat(LINE_BYTES / 2 - 10)}`,
    finding: /^is not valid JSON$/,
  },
};

const calling = (text: string) => ({
  messages: [
    { role: "user", content: "u" },
    { role: "assistant", tool_calls: [{ id: "abcdefgh1", function: { name: "f", arguments: text } }] },
  ],
  tools: [{ function: { name: "f" } }],
});

const check = (content: string | Buffer, options: InspectOptions) =>
  inspect(() => chunked(Buffer.from(content)), options);

/** Yields the content as a file would, in chunks that do not end at line ends. */
async function* chunked(content: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < content.length; start += 100_000) {
    yield content.subarray(start, start + 100_000);
    await new Promise(setImmediate);
  }
}

describe("checking data in threads", function () {
  this.timeout(60_000);

  it("finds the same as a check of the whole file at once, in the same order", async () => {
    const lines = ["", "{}", "[", `${sample("crlf").trim()}\r`, "\xff", "x".repeat(70_000), '{"text":"é"}'];
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let content = "\uFEFF";
    while (content.length < 4_000_000) {
      content +=
        random(20) === 0 ? `${lines[random(lines.length)]}\n` : sample(`${random(9_000)}`, "a".repeat(random(900)));
    }
    const bytes = Buffer.from(`${content}${sample("end").trim()}`);
    const found = await check(bytes, { rules: COMPLETION, index: new SampleIndex() });
    const expected = await atOnce(bytes);
    assert.ok(expected.invalidSamples > 20 && (expected.warnings.duplicates?.count ?? 0) > 20);
    assert.deepEqual(found, { ...expected, bytes: bytes.length, sha256: found.sha256 });
  });

  it("passes on the valid samples with their lines, in order", async () => {
    const texts = Array.from({ length: 3_000 }, (_, index) => sample(`${index}`, "a".repeat(700)).trim());
    const found: [number, string][] = [];
    const onSample = (bytes: Buffer, line: number) => found.push([line, bytes.toString()]);
    await check(texts.map((text, index) => (index % 2 === 0 ? `{}\n ${text}\n` : `${text}\n`)).join(""), {
      rules: COMPLETION,
      onSample,
    });
    assert.deepEqual(
      found,
      texts.map((text, index) => [index + Math.floor(index / 2) + 2, text]),
    );
  });

  for (const [name, { line, rules = COMPLETION, finding }] of Object.entries(HOSTILE)) {
    it(`keeps the calling thread responsive during a line of ${name}`, async () => {
      const content = Buffer.from(`{"text":"b","labels":{"t":"label 1"}}\n${line()}\n{}\n`);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const { validSamples, findings } = await check(content, { rules });
      delay.disable();
      assert.deepEqual(
        findings.map((each) => each.line),
        finding ? [2, 3] : [3],
      );
      assert.match(findings[0]?.message ?? "", finding ?? /expected/);
      assert.equal(validSamples, finding ? 1 : 2);
      // About 20 ms on an idle machine.
      assert.ok(delay.max < 250e6, `${delay.max / 1e6} ms`);
    });
  }

  it("uses no thread for a small file, and one for a small file with a long line", async () => {
    const none = new CheckThreads(0);
    assert.equal((await check(sample("a").repeat(1_000), { rules: COMPLETION, threads: none })).validSamples, 1_000);
    const long = check(`${JSON.stringify({ text: "a".repeat(300_000) })}\n`, { rules: COMPLETION, threads: none });
    // Without threads this check never ends.
    assert.equal(await Promise.race([long, sleep(100, "waits for a thread")]), "waits for a thread");
  });

  it("ends at once when its signal is aborted, also in a long line, and leaves other checks alone", async () => {
    const keys = Array.from({ length: 990_000 }, (_, index) => `"${index}":1`).join(",");
    const threads = new CheckThreads(1);
    const { signal, abort } = abortion();
    const aborted = check(`{"text":"a","x":{${keys}}}\n`, { rules: COMPLETION, threads, signal });
    const other = check(sample("b", "c".repeat(400_000)).repeat(6), { rules: COMPLETION, threads });
    await sleep(100);
    const start = performance.now();
    abort();
    await assert.rejects(aborted, { message: "ended" });
    // Long enough for a machine that runs other tests.
    assert.ok(performance.now() - start < 500);
    assert.equal((await other).validSamples, 6);
  });

  describe("when a thread", () => {
    const { Worker } = workerThreads;
    afterEach(() => {
      workerThreads.Worker = Worker;
    });
    const content = sample("a", "b".repeat(1_000)).repeat(3_000);
    const samples = 3_000;

    /** Lets only the first threads start. Returns the number of starts that failed. */
    function failAfter(starts: number): () => number {
      let failed = 0;
      workerThreads.Worker = class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          if (starts-- <= 0) {
            failed++;
            throw Object.assign(new Error("Worker initialization failure: EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
          }
          super(...args);
        }
      };
      return () => failed;
    }

    it("cannot be started, rejects as after a system error, and works again later", async () => {
      const threads = new CheckThreads(2);
      const { signal } = abortion();
      failAfter(0);
      const error = await check(content, { rules: COMPLETION, threads, signal }).catch((error) => error);
      assert.match(error.message, /^Cannot start a thread that checks data: .*EAGAIN$/);
      assert.ok(isSystemError(error));
      assert.equal(describeSystemError(error), "the machine is short of memory or processes (ERR_CHECK_THREAD)");
      assert.equal(getEventListeners(signal, "abort").length, 0);
      workerThreads.Worker = Worker;
      assert.equal((await check(content, { rules: COMPLETION, threads })).validSamples, samples);
    });

    it("cannot be started, leaves the work to the other threads", async () => {
      const failed = failAfter(1);
      const { validSamples } = await check(content, { rules: COMPLETION, threads: new CheckThreads(3) });
      assert.equal(validSamples, samples);
      assert.ok(failed() > 0);
    });

    it("ends and no other can be started, rejects all tasks", async () => {
      let last: workerThreads.Worker | undefined;
      failAfter(1);
      const OneWorker = workerThreads.Worker;
      workerThreads.Worker = class extends OneWorker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          last = this;
        }
      };
      const threads = new CheckThreads(1);
      const checks = [1, 2, 3].map(() => check(content, { rules: COMPLETION, threads }).catch((error) => error));
      while (!last) await sleep(1);
      await last.terminate();
      for (const error of await Promise.all(checks)) {
        assert.ok(isSystemError(error), String(error));
        assert.match(error.message, /^Cannot start a thread|^A thread that checks data ended with code \d$/);
      }
    });
  });

  it("reports a line that needs too much memory as invalid, and goes on", async () => {
    const program = `
      const { inspect, CheckThreads } = require("./provider/dist/data/src");
      const line = '{"text":"' + String.fromCharCode(92).repeat(2_000_001) + "\\n";
      async function* chunks() { yield Buffer.from('{"text":"a"}\\n' + line + '{"text":"b"}\\n'); }
      inspect(chunks, { rules: { jobType: "completion", targets: [] }, threads: new CheckThreads(1, 16) })
        .then(({ validSamples, findings }) => console.log(JSON.stringify({ validSamples, findings })));`;
    const { stdout } = await execa("node", ["-e", program], { stderr: "ignore" });
    const message = "needs too much memory to be checked; split the sample";
    assert.deepEqual(JSON.parse(stdout), { validSamples: 2, findings: [{ line: 2, message }] });
  });
});

function abortion() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error("ended")) };
}

async function atOnce(content: Buffer): Promise<FileReport> {
  const totals = new ReportTotals({ index: new SampleIndex() });
  const batch = { bytes: content, records: new Uint32Array(content.length), isStart: true };
  totals.add(batch, checkBatch(batch, { rules: COMPLETION, hashes: true }, await loadHash()));
  totals.end(content);
  return totals.report(content.length, "");
}
