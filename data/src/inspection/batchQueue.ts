import { setImmediate } from "node:timers/promises";
import type { Rules } from "../sample";
import { MAX_LINE_BYTES } from "../splitter";
import type { CheckThreads, ThreadTask } from "../threads/checkThreads";
import { type Batch, type BatchOptions, type BatchReport, checkBatch, emptyReport } from "./checkBatch";
import { loadHash } from "./hash";
import type { InspectOptions } from "./inspect";
import { LineBatches, type Lines, recordsOf, splitLines } from "./lineBatches";
import type { ReportTotals } from "./reportTotals";

/** A smaller file is checked without threads, because starting a thread takes longer than the check. */
const THREADS_FROM_BYTES = 1024 * 1024;

/** Small, because a batch of a small file is checked at once, and nothing else runs meanwhile. */
const FIRST_BATCH_BYTES = 64 * 1024;

/** Large enough that passing batches to threads costs little, small enough to keep memory use low. */
const BATCH_BYTES = 512 * 1024;

/** A batch above this size has a long line, which can take a second to check. */
const LONG_BYTES = 2 * FIRST_BATCH_BYTES;

/** How long a check without threads may run before other work gets a turn, in milliseconds. */
const TURN_MS = 10;

/** Checks a file batch by batch, several of them at the same time, and adds the results in the order of the file. */
export class BatchQueue {
  private readonly batches = new LineBatches(() => (this.waiting ? FIRST_BATCH_BYTES : BATCH_BYTES));
  /** The batches of a file that may still be small; undefined once threads are used. */
  private waiting: Batch[] | undefined = [];
  private waitingBytes = 0;
  private readonly running: Running[] = [];
  private isStart = true;
  private readonly options: BatchOptions;
  private readonly rulesJson: string;
  private readonly signal: AbortSignal | undefined;

  constructor(
    rules: Rules,
    { index, otherDataIndex, signal }: InspectOptions,
    private readonly totals: ReportTotals,
    private readonly threads: CheckThreads,
  ) {
    this.options = { rules, hashes: (index ?? otherDataIndex) !== undefined };
    this.rulesJson = JSON.stringify(rules);
    this.signal = signal;
  }

  /** Waits while all threads are busy. */
  async push(chunk: Buffer): Promise<void> {
    for (const lines of this.batches.push(chunk)) await this.add(lines);
  }

  async end(): Promise<void> {
    for (const lines of this.batches.end()) {
      this.totals.end(lines);
      await this.add(lines);
    }
    if (this.waiting) await this.checkHere(this.waiting);
    while (this.running.length > 0) await this.addFirst();
  }

  private async add(lines: Lines): Promise<void> {
    const bytes = lines ?? new Uint8Array(0);
    const batch: Batch = { bytes, records: recordsOf(bytes), isStart: this.isStart };
    this.isStart = false;
    if (!this.waiting) {
      await this.start(batch, lines === undefined);
      return;
    }
    this.waitingBytes += batch.bytes.length;
    if (lines && this.waitingBytes < THREADS_FROM_BYTES && lines.length <= LONG_BYTES) {
      this.waiting.push(batch);
      return;
    }
    const { waiting } = this;
    this.waiting = undefined;
    for (const each of waiting) await this.start(each);
    await this.start(batch, lines === undefined);
  }

  private async start(batch: Batch, isTooLong = false): Promise<void> {
    const report = isTooLong ? Promise.resolve(tooLong()) : this.checkInThread(batch);
    // Prevents an unhandled rejection: nothing awaits this report when an earlier one fails.
    report.catch(() => {});
    this.running.push({ batch, report });
    if (this.running.length > this.threads.capacity) await this.addFirst();
  }

  private async checkInThread(batch: Batch): Promise<BatchReport> {
    const task: ThreadTask = { ...batch, hashes: this.options.hashes, rules: this.rulesJson };
    try {
      return await this.threads.run(task, this.signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_OUT_OF_MEMORY") throw error;
      return outOfMemory(batch);
    }
  }

  /** Waits for the first batch that is being checked. */
  private async addFirst(): Promise<void> {
    const { batch, report } = this.running.shift() as Running;
    this.totals.add(batch, await report);
    this.batches.recycle(batch.bytes);
  }

  /** Checks a small file without threads. */
  private async checkHere(batches: Batch[]): Promise<void> {
    const hashOf = await loadHash();
    let start = performance.now();
    for (const batch of batches) {
      this.totals.add(batch, checkBatch(batch, this.options, hashOf));
      if (performance.now() - start < TURN_MS) continue;
      await setImmediate();
      this.signal?.throwIfAborted();
      start = performance.now();
    }
  }
}

interface Running {
  batch: Batch;
  report: Promise<BatchReport>;
}

const tooLong = () => invalid(1, `is longer than ${MAX_LINE_BYTES} bytes`);

/** Checking a batch that is not one long line takes little memory, so there is usually one line. */
function outOfMemory({ bytes }: Batch): BatchReport {
  let lines = 0;
  splitLines(bytes, () => lines++);
  const which = lines === 1 ? "" : `one of the ${lines} lines from here `;
  return invalid(lines, `${which}needs too much memory to be checked; split the sample`);
}

const invalid = (lines: number, message: string): BatchReport => ({
  ...emptyReport(),
  lines,
  invalidSamples: lines,
  findings: [{ line: 1, message }],
});
