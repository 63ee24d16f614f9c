import { CHARACTERS_PER_TOKEN, type FileReport, inspect, type Rules, SampleIndex } from "#data";
import { type Context, errorsOf, warningsOf } from "./dataMessages";

/** A data file, wherever its content comes from. */
export interface DataSource {
  /** As messages call it: its path. */
  name: string;
  open(): AsyncIterable<Buffer>;
}

export interface DataOptions {
  /** Decide which samples are good. */
  rules: Rules;
  /** The share of a file's samples, 0 to 0.5, that may be bad and is then skipped. */
  allowed?: number | undefined;
  /** Tokens; longer samples are cut, or split. */
  seqLen?: number | undefined;
}

export interface CheckedFile {
  name: string;
  report: FileReport;
  /** `train.jsonl:17: messages[2].role: expected "assistant" after "user", found "user"` */
  errors: string[];
  warnings: string[];
}

/** What all training files together come to. */
export interface DataSummary {
  samples: number;
  bytes: number;
  /** Estimates, by the role that says them: a token is about four characters. */
  tokens: Record<string, number>;
  /** Estimated tokens of the longest sample. */
  longestSample: number;
  /** About so many steps make an epoch: one for each MB (the hosted service's rule). */
  stepsPerEpoch: number;
}

export interface CheckedData {
  training: CheckedFile[];
  validation: CheckedFile[];
  summary: DataSummary;
}

const MEGABYTE = 1024 ** 2;
const tokens = (characters: number) => Math.ceil(characters / CHARACTERS_PER_TOKEN);

/** Reads all data once, in constant memory: checks every sample, counts and hashes. */
export async function inspectData(
  training: DataSource[],
  validation: DataSource[],
  options: DataOptions,
): Promise<CheckedData> {
  const trained = new SampleIndex();
  const validated = new SampleIndex();
  const checked: CheckedData = { training: [], validation: [], summary: summaryOf([]) };
  const { rules } = options;
  let names = training.map(({ name }) => name);
  for (const [file, { name, open }] of training.entries()) {
    const report = await inspect(open, { rules, file, index: trained });
    checked.training.push(judged(name, report, options, { names }));
  }
  checked.summary = summaryOf(checked.training);
  names = validation.map(({ name }) => name);
  for (const [file, { name, open }] of validation.entries()) {
    const report = await inspect(open, { rules, file, index: validated, other: trained });
    checked.validation.push(judged(name, report, options, { names, trainingBytes: checked.summary.bytes }));
  }
  return checked;
}

function judged(name: string, report: FileReport, options: DataOptions, context: Context): CheckedFile {
  const warnings = warningsOf(name, report, { ...options, ...context });
  return { name, report, errors: errorsOf(name, report, options), warnings };
}

function summaryOf(files: CheckedFile[]): DataSummary {
  const characters: Record<string, number> = {};
  for (const { report } of files)
    for (const [role, count] of Object.entries(report.characters)) characters[role] = (characters[role] ?? 0) + count;
  const bytes = files.reduce((sum, { report }) => sum + report.bytes, 0);
  return {
    samples: files.reduce((sum, { report }) => sum + report.good, 0),
    bytes,
    tokens: Object.fromEntries(Object.entries(characters).map(([role, count]) => [role, tokens(count)])),
    longestSample: tokens(Math.max(0, ...files.map(({ report }) => report.longest.characters))),
    stepsPerEpoch: Math.max(1, Math.round(bytes / MEGABYTE)),
  };
}
