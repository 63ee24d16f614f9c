import { addCharacters, type Characters, checkSample, noCharacters, type Rules } from "../sample";
import { MAX_LINE_BYTES } from "../splitter";
import { SampleError } from "../values";
import { splitLines } from "./lineBatches";
import { type Count, type Finding, increment, LISTED_FINDINGS } from "./report";

/** Some complete lines of a file, in memory that threads share. */
export interface Batch {
  bytes: Uint8Array;
  /** Receives `RECORD` numbers for each valid sample: its line, its first byte, its end, and the low and high half of its hash. */
  records: Uint32Array;
  /** Whether the batch is the beginning of the file, which may have a byte order mark. */
  isStart: boolean;
}

export interface BatchOptions {
  rules: Rules;
  /** Whether the records of the samples contain their hashes. */
  hashes: boolean;
}

/** The result of checking one batch. Line numbers count from 1 at the beginning of the batch. */
export interface BatchReport {
  lines: number;
  validSamples: number;
  invalidSamples: number;
  /** The first 20 invalid samples. */
  findings: Finding[];
  characters: Characters;
  longest: { line: number; characters: number };
  byteOrderMark: boolean;
  crlf?: Count;
  blank?: Count;
}

/** The length of a record. */
export const RECORD = 5;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const CARRIAGE_RETURN = 0x0d;

export const emptyReport = (): BatchReport => ({
  lines: 0,
  validSamples: 0,
  invalidSamples: 0,
  findings: [],
  characters: noCharacters(),
  longest: { line: 0, characters: 0 },
  byteOrderMark: false,
});

/** Checks every sample of a batch. @param hashOf returns the 64-bit hash of a sample */
export function checkBatch(batch: Batch, options: BatchOptions, hashOf: (bytes: Uint8Array) => bigint): BatchReport {
  return new BatchCheck(batch, options, hashOf).run();
}

class BatchCheck {
  private readonly report = emptyReport();

  constructor(
    private readonly batch: Batch,
    private readonly options: BatchOptions,
    private readonly hashOf: (bytes: Uint8Array) => bigint,
  ) {}

  run(): BatchReport {
    splitLines(this.batch.bytes, (line) => this.checkLine(line));
    return this.report;
  }

  private checkLine(line: Buffer | undefined): void {
    const { report } = this;
    report.lines++;
    try {
      if (line === undefined) throw new SampleError("", `is longer than ${MAX_LINE_BYTES} bytes`);
      const sample = this.trimLine(line);
      if (sample.length === 0) report.blank = increment(report.blank, report.lines);
      else this.checkSample(sample);
    } catch (error) {
      if (!(error instanceof SampleError)) throw error;
      report.invalidSamples++;
      if (report.findings.length < LISTED_FINDINGS)
        report.findings.push({ line: report.lines, message: error.message });
    }
  }

  private checkSample(bytes: Buffer): void {
    const { report, options } = this;
    const characters = addCharacters(report.characters, checkSample(bytes, options.rules));
    report.validSamples++;
    if (characters > report.longest.characters) report.longest = { line: report.lines, characters };
    const { records } = this.batch;
    const start = bytes.byteOffset - this.batch.bytes.byteOffset;
    const at = RECORD * (report.validSamples - 1);
    records[at] = report.lines;
    records[at + 1] = start;
    records[at + 2] = start + bytes.length;
    if (!options.hashes) return;
    hash[0] = this.hashOf(bytes);
    records[at + 3] = halves[0] as number;
    records[at + 4] = halves[1] as number;
  }

  /** Returns the line without a byte order mark and surrounding white space. Records byte order marks and CRLF as warnings. */
  private trimLine(line: Buffer): Buffer {
    const { report } = this;
    let start = 0;
    let end = line.length;
    if (this.batch.isStart && report.lines === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
      report.byteOrderMark = true;
      start = 3;
    }
    if (line[end - 1] === CARRIAGE_RETURN) {
      report.crlf = increment(report.crlf, report.lines);
      end--;
    }
    while (end > start && isSpace(line[end - 1])) end--;
    while (start < end && isSpace(line[start])) start++;
    return start === 0 && end === line.length ? line : line.subarray(start, end);
  }
}

const hash = new BigUint64Array(1);
const halves = new Uint32Array(hash.buffer);

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN;
