import { addCharacters, noCharacters } from "../sample";
import { type Batch, type BatchReport, RECORD } from "./checkBatch";
import type { InspectOptions } from "./inspect";
import { type Count, type FileReport, increment, LISTED_FINDINGS } from "./report";

const NEWLINE = 0x0a;

type OnSample = NonNullable<InspectOptions["onSample"]>;

/** Adds up the reports of a file's batches, in their order. */
export class ReportTotals {
  private readonly characters = noCharacters();
  /** The number of lines in the batches so far. */
  private lines = 0;
  private readonly total: Omit<FileReport, "bytes" | "sha256" | "characters"> = {
    validSamples: 0,
    invalidSamples: 0,
    findings: [],
    longest: { line: 0, characters: 0 },
    warnings: { byteOrderMark: false, noFinalNewline: false },
  };

  constructor(private readonly options: InspectOptions) {}

  add(batch: Batch, report: BatchReport): void {
    const { total, lines } = this;
    const { warnings } = total;
    total.validSamples += report.validSamples;
    total.invalidSamples += report.invalidSamples;
    for (const { line, message } of report.findings.slice(0, LISTED_FINDINGS - total.findings.length)) {
      total.findings.push({ line: lines + line, message });
    }
    addCharacters(this.characters, report.characters);
    const { line, characters } = report.longest;
    if (characters > total.longest.characters) total.longest = { line: lines + line, characters };
    warnings.byteOrderMark ||= report.byteOrderMark;
    if (report.crlf) warnings.crlf = this.sum(warnings.crlf, report.crlf);
    if (report.blank) warnings.blank = this.sum(warnings.blank, report.blank);
    const { index, otherDataIndex, onSample } = this.options;
    if (index || otherDataIndex) this.compare(batch, report);
    if (onSample) this.passOn(batch, report, onSample);
    this.lines += report.lines;
  }

  /** @param lastLines the last batch; undefined for a line that is too long */
  end(lastLines: Uint8Array | undefined): void {
    this.total.warnings.noFinalNewline = lastLines?.at(-1) !== NEWLINE;
  }

  report(bytes: number, sha256: string): FileReport {
    const { index } = this.options;
    if (index?.isFull) this.total.warnings.comparedUpTo = index.size;
    const nonZero = Object.entries(this.characters).filter(([, count]) => count > 0);
    return { ...this.total, bytes, sha256, characters: Object.fromEntries(nonZero) };
  }

  /** Looks for the samples of a batch in the indexes, and adds them. */
  private compare({ records }: Batch, { validSamples }: BatchReport): void {
    const { index, otherDataIndex, fileNumber = 0 } = this.options;
    const { warnings } = this.total;
    for (let at = 0; at < RECORD * validSamples; at += RECORD) {
      const line = this.lines + (records[at] as number);
      const low = records[at + 3] as number;
      const high = records[at + 4] as number;
      const earlier = index?.add(low, high, fileNumber, line);
      if (typeof earlier === "object") {
        warnings.duplicates = {
          firstOriginal: warnings.duplicates?.firstOriginal ?? earlier,
          ...increment(warnings.duplicates, line),
        };
      }
      if (otherDataIndex?.has(low, high)) warnings.shared = increment(warnings.shared, line);
    }
  }

  private passOn({ bytes, records }: Batch, { validSamples }: BatchReport, onSample: OnSample): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < RECORD * validSamples; at += RECORD) {
      onSample(buffer.subarray(records[at + 1], records[at + 2]), this.lines + (records[at] as number));
    }
  }

  private sum(before: Count | undefined, { count, first }: Count): Count {
    return { count: (before?.count ?? 0) + count, first: before?.first ?? this.lines + first };
  }
}
