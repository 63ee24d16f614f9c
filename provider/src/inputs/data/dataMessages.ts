import { MAX_FILE_BYTES, MAX_VALIDATION_BYTES, MAX_VALIDATION_SHARE, percent, plural } from "#common";
import { CHARACTERS_PER_TOKEN, type Count, type FileReport, withinSkipShare } from "#data";
import type { DataOptions } from "./inspectData";

/** Context of a file: the other files of the job. */
export interface Context {
  /** Names of all files of the same input. */
  names: string[];
  /** For validation data: the size of the training data in bytes. */
  trainingBytes?: number | undefined;
}

/** Returns the errors that make a file unusable for training. */
export function errorsOf(name: string, report: FileReport, options: DataOptions): string[] {
  const errors = invalidSampleErrors(name, report, options);
  if (report.bytes > MAX_FILE_BYTES) {
    errors.push(
      `${name}: has ${report.bytes} bytes, more than the limit of ${MAX_FILE_BYTES}; split the data into several files`,
    );
  }
  return errors;
}

/** Returns no errors while the share of invalid samples is within the accepted share. */
function invalidSampleErrors(name: string, report: FileReport, { allowed = 0 }: DataOptions): string[] {
  const { validSamples, invalidSamples } = report;
  if (invalidSamples === 0 && validSamples > 0) return [];
  if (invalidSamples === 0) {
    return [`${name}: expected a JSON object on each line, got ${report.bytes === 0 ? "no bytes" : "none"}`];
  }
  if (withinSkipShare(report, allowed)) return [];
  const lines = report.findings.map(({ line, message }) => `${name}:${line}: ${message}`);
  if (invalidSamples > lines.length)
    lines.push(`${name}: ${plural(invalidSamples - lines.length, "more invalid sample")}`);
  if (allowed > 0) lines.push(`${name}: ${share(report)} are invalid, more than the accepted ${percent(allowed)}`);
  return lines;
}

/** Returns warnings about data that a trainer accepts, but that is probably a mistake. */
export function warningsOf(
  name: string,
  report: FileReport,
  { allowed = 0, seqLen, trainingBytes, names }: DataOptions & Context,
): string[] {
  const { warnings, invalidSamples, bytes, longest } = report;
  const { byteOrderMark, crlf, blank, noFinalNewline, duplicates, shared, comparedUpTo } = warnings;
  const longestTokens = Math.ceil(longest.characters / CHARACTERS_PER_TOKEN);
  const found: (string | false | undefined)[] = [
    invalidSamples > 0 && withinSkipShare(report, allowed) && skipped(name, report),
    byteOrderMark && `${name}:1: starts with a byte order mark`,
    crlf && `${name}:${crlf.first}: ends with CRLF${more(crlf, "line")}`,
    blank && `${name}:${blank.first}: is blank${more(blank, "line")}`,
    noFinalNewline && `${name}: does not end with a newline`,
    duplicates &&
      `${name}:${duplicates.first}: is the same sample as ${names[duplicates.firstOriginal.fileNumber]}:${duplicates.firstOriginal.line}${more(duplicates, "duplicate")}`,
    shared && `${name}:${shared.first}: is also in the training data${more(shared, "sample")}`,
    comparedUpTo !== undefined &&
      `${name}: only the first ${comparedUpTo} samples were checked for duplicates, to limit memory use`,
    seqLen !== undefined &&
      longestTokens > seqLen &&
      `${name}:${longest.line}: has about ${longestTokens} tokens (${CHARACTERS_PER_TOKEN} characters each), more than seqLen ${seqLen}`,
    trainingBytes !== undefined && tooMuchValidation(name, bytes, trainingBytes),
  ];
  return found.filter((each) => typeof each === "string");
}

function skipped(name: string, { findings: [first], ...report }: FileReport): string {
  return `${name}:${first?.line}: ${first?.message}; ${share(report)} are invalid and will be skipped`;
}

function tooMuchValidation(name: string, bytes: number, trainingBytes: number): string | undefined {
  const limit = Math.min(MAX_VALIDATION_BYTES, Math.floor(trainingBytes * MAX_VALIDATION_SHARE));
  if (bytes <= limit) return undefined;
  return `${name}: has ${bytes} bytes, more than the limit of ${limit} bytes for validation data (1 MB or ${percent(MAX_VALIDATION_SHARE)} of the training data, whichever is smaller)`;
}

const share = ({ validSamples, invalidSamples }: Pick<FileReport, "validSamples" | "invalidSamples">) =>
  `${invalidSamples} of ${validSamples + invalidSamples} samples`;

const more = ({ count }: Count, noun: string) => (count === 1 ? "" : ` (and ${plural(count - 1, `more ${noun}`)})`);
