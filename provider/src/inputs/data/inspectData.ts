import { MEBIBYTE } from "#common";
import { CHARACTERS_PER_TOKEN, type FileReport, inspect, type Rules, SampleIndex } from "#data";
import { errorsOf, warningsOf } from "./dataMessages";

/** A data file, wherever its content comes from. */
export interface DataSource {
  /** As messages call it: its path. */
  name: string;
  open(): AsyncIterable<Buffer>;
}

/** What one pass over all data has found, in the order of the files. */
export interface DataReports {
  training: FileReport[];
  validation: FileReport[];
}

export interface DataOptions {
  /** The share of a file's samples, 0 to 0.5, that may be bad and is then skipped. */
  allowed?: number | undefined;
  /** Tokens; longer samples are cut, or split. */
  seqLen?: number | undefined;
  /** There is more training data, whose size is not known: validation data cannot be measured by it. */
  moreTraining?: boolean | undefined;
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

const tokens = (characters: number) => Math.ceil(characters / CHARACTERS_PER_TOKEN);

/**
 * Reads all data once, in constant memory: checks every sample, counts and hashes.
 *
 * @param rules decide which samples are good; without, the data is only hashed
 */
export async function inspectData(
  training: DataSource[],
  validation: DataSource[],
  rules: Rules | undefined,
): Promise<DataReports> {
  const trained = new SampleIndex();
  const validated = new SampleIndex();
  const reports: DataReports = { training: [], validation: [] };
  for (const [file, { open }] of training.entries()) {
    reports.training.push(await inspect(open, { rules, file, index: trained }));
  }
  for (const [file, { open }] of validation.entries()) {
    reports.validation.push(await inspect(open, { rules, file, index: validated, other: trained }));
  }
  return reports;
}

/** Says what the reports mean for a job: what makes its data useless, what is odd, and what the training data comes to. */
export function evaluateReports(reports: DataReports, names: readonly string[][], options: DataOptions): CheckedData {
  const [trainingNames = [], validationNames = []] = names;
  const summary = summaryOf(reports.training);
  const evaluate = (names: string[], trainingBytes?: number) => (report: FileReport, index: number) => {
    const name = names[index] as string;
    const warnings = warningsOf(name, report, { ...options, names, trainingBytes });
    return { name, report, errors: errorsOf(name, report, options), warnings };
  };
  return {
    training: reports.training.map(evaluate(trainingNames)),
    validation: reports.validation.map(evaluate(validationNames, options.moreTraining ? Infinity : summary.bytes)),
    summary,
  };
}

function summaryOf(reports: FileReport[]): DataSummary {
  const characters: Record<string, number> = {};
  for (const report of reports) {
    for (const [role, count] of Object.entries(report.characters)) {
      characters[role] = (characters[role] ?? 0) + count;
    }
  }
  const bytes = reports.reduce((sum, report) => sum + report.bytes, 0);
  return {
    samples: reports.reduce((sum, { good }) => sum + good, 0),
    bytes,
    tokens: Object.fromEntries(Object.entries(characters).map(([role, count]) => [role, tokens(count)])),
    longestSample: tokens(Math.max(0, ...reports.map(({ longest }) => longest.characters))),
    stepsPerEpoch: Math.max(1, Math.round(bytes / MEBIBYTE)),
  };
}
