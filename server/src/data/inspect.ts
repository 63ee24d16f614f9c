import { MAX_LINE_BYTES, readLines } from "./lines";
import { checkSample, type Rules } from "./sample";
import { SampleError } from "./values";

/** A file of samples. */
export interface SampleFile {
  name: string;
  path: string;
  bytes: number;
}

/** What all files together hold. */
export interface DataTotals {
  bytes: number;
  /** Samples that are good. */
  samples: number;
  /** Samples that are bad, and few enough to be skipped. */
  skipped: number;
  /** An estimate: four characters each. */
  tokens: number;
}

export type Inspection = { ok: true; totals: DataTotals } | { ok: false; reason: string; findings: string[] };

/** Findings beyond these are counted, not listed. */
const LISTED_FINDINGS = 20;

const CHARACTERS_PER_TOKEN = 4;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Reads data files from the first to the last byte, in constant memory, and checks every sample.
 *
 * @param allowed the share of each file's samples (0 to 0.5) that may be bad, and is then skipped
 */
export async function inspectFiles(
  files: SampleFile[],
  rules: Rules,
  allowed: number,
  signal: AbortSignal,
): Promise<Inspection> {
  const totals: DataTotals = { bytes: 0, samples: 0, skipped: 0, tokens: 0 };
  for (const file of files) {
    const report = await inspectFile(file, rules, signal);
    const all = report.good + report.bad;
    if (report.good === 0 || report.bad > allowed * all) {
      return { ok: false, reason: explain(file, report, allowed), findings: report.findings };
    }
    totals.bytes += file.bytes;
    totals.samples += report.good;
    totals.skipped += report.bad;
    totals.tokens += Math.ceil(report.characters / CHARACTERS_PER_TOKEN);
  }
  return { ok: true, totals };
}

interface FileReport {
  good: number;
  bad: number;
  characters: number;
  findings: string[];
}

async function inspectFile(file: SampleFile, rules: Rules, signal: AbortSignal): Promise<FileReport> {
  const report: FileReport = { good: 0, bad: 0, characters: 0, findings: [] };
  for await (const line of readLines(file.path, signal)) {
    try {
      if (line.bytes === undefined) {
        throw new SampleError("", `is longer than ${MAX_LINE_BYTES} bytes`);
      }
      const bytes = line.number === 1 ? withoutByteOrderMark(line.bytes) : line.bytes;
      if (!isBlank(bytes)) {
        report.characters += checkSample(bytes, rules);
        report.good += 1;
      }
    } catch (error) {
      if (!(error instanceof SampleError)) {
        throw error;
      }
      report.bad += 1;
      if (report.findings.length < LISTED_FINDINGS) {
        report.findings.push(`${file.name}:${line.number}: ${error.message}`);
      }
    }
  }
  return report;
}

function explain(file: SampleFile, report: FileReport, allowed: number): string {
  const [first] = report.findings;
  if (first === undefined) {
    return `${file.name}: holds no samples`;
  }
  const share = allowed === 0 ? "" : ` (${allowed * 100} % may be skipped)`;
  return report.bad === 1 && report.good > 0 && allowed === 0
    ? first
    : `${first}; ${report.bad} of ${report.good + report.bad} samples are bad${share}`;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
}
