import { createHash } from "node:crypto";
import xxhash from "xxhash-wasm";
import { type Count, type FileReport, LISTED_FINDINGS } from "./report";
import { addCharacters, checkSample, noCharacters, type Rules } from "./sample";
import type { SampleIndex } from "./sampleIndex";
import { LineSplitter, MAX_LINE_BYTES } from "./splitter";
import { SampleError } from "./values";

export interface InspectOptions {
  /** The rules that samples must meet. Without rules, the bytes are only counted and hashed. */
  rules?: Rules | undefined;
  /** Finds duplicate samples. All training files share one index, and all validation files share another. */
  index?: SampleIndex | undefined;
  /** The number of this file among the files that share the index, from 0. */
  fileNumber?: number | undefined;
  /** For a validation file: the index of the training data, which must not contain the same samples. */
  otherDataIndex?: SampleIndex | undefined;
  /** Receives each valid sample without surrounding white space. The bytes are only valid during the call. */
  onSample?: ((bytes: Buffer) => void) | undefined;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const CARRIAGE_RETURN = 0x0d;

let loading: ReturnType<typeof xxhash> | undefined;

/**
 * Reads a file once, in constant memory, and checks every sample.
 *
 * @param open opens the content; called once
 * @example
 * const report = await inspect(() => fileChunks("train.jsonl"), { rules });
 * report.findings[0]; // { line: 3, message: "text: is empty" }
 */
export async function inspect(open: () => AsyncIterable<Buffer>, options: InspectOptions): Promise<FileReport> {
  loading ??= xxhash();
  const inspector = new Inspector(options, (await loading).h64Raw);
  for await (const chunk of open()) inspector.push(chunk);
  return inspector.end();
}

class Inspector {
  private readonly hash = createHash("sha256");
  private readonly splitter = new LineSplitter((bytes) => this.processLine(bytes));
  private readonly characters = noCharacters();
  private number = 0;
  private readonly report: Omit<FileReport, "sha256" | "characters"> = {
    bytes: 0,
    validSamples: 0,
    invalidSamples: 0,
    findings: [],
    longest: { line: 0, characters: 0 },
    warnings: { byteOrderMark: false, noFinalNewline: false },
  };

  constructor(
    private readonly options: InspectOptions,
    private readonly hashOf: (bytes: Uint8Array) => bigint,
  ) {}

  push(chunk: Buffer): void {
    this.report.bytes += chunk.length;
    this.hash.update(chunk);
    if (this.options.rules) this.splitter.push(chunk);
  }

  end(): FileReport {
    const { warnings } = this.report;
    warnings.noFinalNewline = this.splitter.end();
    const { index } = this.options;
    if (index?.isFull) warnings.comparedUpTo = index.size;
    const nonZero = Object.entries(this.characters).filter(([, count]) => count > 0);
    return { ...this.report, characters: Object.fromEntries(nonZero), sha256: this.hash.digest("hex") };
  }

  private processLine(line: Buffer | undefined): void {
    this.number++;
    try {
      if (line === undefined) throw new SampleError("", `is longer than ${MAX_LINE_BYTES} bytes`);
      const sample = this.trimLine(line);
      if (sample.length === 0) this.report.warnings.blank = this.incrementCount(this.report.warnings.blank);
      else this.processSample(sample);
    } catch (error) {
      if (!(error instanceof SampleError)) throw error;
      this.report.invalidSamples++;
      if (this.report.findings.length < LISTED_FINDINGS) {
        this.report.findings.push({ line: this.number, message: error.message });
      }
    }
  }

  private processSample(bytes: Buffer): void {
    const { report, options } = this;
    const characters = addCharacters(this.characters, checkSample(bytes, options.rules as Rules));
    report.validSamples++;
    options.onSample?.(bytes);
    if (characters > report.longest.characters) report.longest = { line: this.number, characters };
    if (!options.index && !options.otherDataIndex) return;
    const hash = this.hashOf(bytes);
    const { warnings } = report;
    const earlier = options.index?.add(hash, { fileNumber: options.fileNumber ?? 0, line: this.number });
    if (typeof earlier === "object") {
      warnings.duplicates = {
        firstOriginal: warnings.duplicates?.firstOriginal ?? earlier,
        ...this.incrementCount(warnings.duplicates),
      };
    }
    if (options.otherDataIndex?.has(hash)) warnings.shared = this.incrementCount(warnings.shared);
  }

  /** Returns the line without a byte order mark and surrounding white space. Records byte order marks and CRLF as warnings. */
  private trimLine(line: Buffer): Buffer {
    const { warnings } = this.report;
    let start = 0;
    let end = line.length;
    if (this.number === 1 && line.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
      warnings.byteOrderMark = true;
      start = 3;
    }
    if (line[end - 1] === CARRIAGE_RETURN) {
      warnings.crlf = this.incrementCount(warnings.crlf);
      end--;
    }
    while (end > start && isSpace(line[end - 1])) end--;
    while (start < end && isSpace(line[start])) start++;
    return start === 0 && end === line.length ? line : line.subarray(start, end);
  }

  private incrementCount(before: Count | undefined): Count {
    return { count: (before?.count ?? 0) + 1, first: before?.first ?? this.number };
  }
}

const isSpace = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN;
