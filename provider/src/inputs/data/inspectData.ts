import { MEBIBYTE } from "#common";
import { CHARACTERS_PER_TOKEN, charactersOf, type FileReport, inspect, type Rules, SampleIndex } from "#data";
import { errorsOf, warningsOf } from "./dataMessages";

/** A data file to inspect. */
export interface DataSource {
  /** Name in messages: the path. */
  name: string;
  open(): AsyncIterable<Buffer>;
}

/** The results of one pass over all data, in the order of the files. */
export interface DataReports {
  training: FileReport[];
  validation: FileReport[];
}

export interface DataOptions {
  /** Accepted share of invalid samples per file, 0 to 0.5; they are skipped. */
  allowed?: number | undefined;
  /** Maximum sequence length in tokens; longer samples are truncated or split. */
  seqLen?: number | undefined;
  /** There is more training data of unknown size, so the size limit of validation data cannot be computed. */
  moreTraining?: boolean | undefined;
}

export interface CheckedFile {
  name: string;
  report: FileReport;
  /** `train.jsonl:17: messages[2].role: expected "assistant" after "user", found "user"` */
  errors: string[];
  warnings: string[];
}

/** Totals over all training files. */
export interface DataSummary {
  samples: number;
  bytes: number;
  /** Characters of all samples. */
  characters: number;
  /** Characters of the longest sample. */
  longestCharacters: number;
  /** Estimated tokens per message role, at four characters per token. */
  tokens: Record<string, number>;
  /** Estimated tokens of the longest sample. */
  longestSample: number;
  /** Estimated steps per epoch: one per MB (the hosted service's rule). */
  stepsPerEpoch: number;
}

export interface CheckedData {
  training: CheckedFile[];
  validation: CheckedFile[];
  summary: DataSummary;
}

const tokens = (characters: number) => Math.ceil(characters / CHARACTERS_PER_TOKEN);

/**
 * Reads all data once, in constant memory: checks every sample, counts tokens and hashes the content.
 *
 * @param rules the rules for valid samples; undefined only hashes the data
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
    reports.training.push(await inspect(open, { rules, fileNumber: file, index: trained }));
  }
  for (const [file, { open }] of validation.entries()) {
    reports.validation.push(
      await inspect(open, { rules, fileNumber: file, index: validated, otherDataIndex: trained }),
    );
  }
  return reports;
}

/** Evaluates reports for a job: returns errors and warnings per file, and the totals of the training data. */
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
  const longestCharacters = Math.max(0, ...reports.map(({ longest }) => longest.characters));
  return {
    samples: reports.reduce((sum, { validSamples }) => sum + validSamples, 0),
    bytes,
    characters: reports.reduce((sum, report) => sum + charactersOf(report), 0),
    longestCharacters,
    tokens: Object.fromEntries(Object.entries(characters).map(([role, count]) => [role, tokens(count)])),
    longestSample: tokens(longestCharacters),
    stepsPerEpoch: Math.max(1, Math.round(bytes / MEBIBYTE)),
  };
}
