import { percent } from "#common";
import {
  CHARACTERS_PER_TOKEN,
  charactersOf,
  type FileReport,
  fileChunks,
  inspect,
  MAX_LINE_BYTES,
  type Rules,
  withinSkipShare,
} from "#data";
import { DEFAULT_WORKSPACE } from "../domain/caller";
import type { TrainingRequest } from "../domain/trainer";
import { dataThreads, inTurn } from "./dataThreads";

/** Earlier releases had no limits. A deeper sample would take too much memory, and a line cannot have more structure. */
const KNOWN_DATA = { acceptsImages: true, maxDepth: 10_000, maxStructure: MAX_LINE_BYTES };

/** Returns the rules for a job's data. A rule that is newer than the data's first job must not fail an existing stack. */
export function rulesOf({ spec, isKnownData }: Pick<TrainingRequest, "spec" | "isKnownData">): Rules {
  return { jobType: spec.job_type, targets: spec.classifier_targets, ...(isKnownData && KNOWN_DATA) };
}

/** A file of samples. */
export interface SampleFile {
  name: string;
  path: string;
  bytes: number;
}

/** The totals of several files. */
export interface DataTotals {
  bytes: number;
  /** Valid samples. */
  samples: number;
  /** The characters of the valid samples. */
  characters: number;
  /** Invalid samples that the training skips, within the allowed fraction. */
  skipped: number;
  /** Estimated from the number of characters. */
  tokens: number;
  /** The longest valid sample, in tokens. */
  longestSample: number;
  /** Whether a sample is a text without roles. */
  hasTexts: boolean;
}

export type Inspection = { ok: true; totals: DataTotals } | { ok: false; reason: string; findings: string[] };

/** Checks all data files of a job. @returns the totals of the training files, without the validation files */
export async function inspectData(
  request: TrainingRequest,
  signal: AbortSignal,
  charactersPerToken?: number,
): Promise<Inspection> {
  const { workspace, spec, trainingFiles, validationFiles } = request;
  const rules = rulesOf(request);
  const allowed = spec.invalid_sample_skip_percentage;
  const training = await inspectFiles(trainingFiles, rules, allowed, signal, charactersPerToken, workspace);
  if (!training.ok) {
    return training;
  }
  const validation = await inspectFiles(validationFiles, rules, allowed, signal, undefined, workspace);
  return validation.ok ? training : validation;
}

/**
 * Checks every sample of the files in threads, in constant memory.
 *
 * @param allowed the fraction of each file's samples (0 to 0.5) that may be invalid; invalid samples are skipped
 * @param charactersPerToken the average number of characters in a token; 4 by default
 * @param workspace takes turns with other workspaces
 */
export async function inspectFiles(
  files: SampleFile[],
  rules: Rules,
  allowed: number,
  signal: AbortSignal,
  charactersPerToken = CHARACTERS_PER_TOKEN,
  workspace = DEFAULT_WORKSPACE,
): Promise<Inspection> {
  const totals: DataTotals = {
    bytes: 0,
    samples: 0,
    characters: 0,
    skipped: 0,
    tokens: 0,
    longestSample: 0,
    hasTexts: false,
  };
  for (const file of files) {
    const open = () => fileChunks(file.path, signal);
    const report = await inTurn(workspace, () => inspect(open, { rules, signal, threads: dataThreads }), signal);
    const findings = report.findings.map(({ line, message }) => `${file.name}:${line}: ${message}`);
    if (!withinSkipShare(report, allowed)) {
      return { ok: false, reason: explain(file, report, findings[0], allowed), findings };
    }
    totals.bytes += file.bytes;
    totals.samples += report.validSamples;
    totals.skipped += report.invalidSamples;
    const characters = charactersOf(report);
    totals.characters += characters;
    totals.hasTexts ||= (report.characters.text ?? 0) > 0;
    totals.tokens += Math.ceil(characters / charactersPerToken);
    totals.longestSample = Math.max(totals.longestSample, Math.ceil(report.longest.characters / charactersPerToken));
  }
  return { ok: true, totals };
}

function explain(
  file: SampleFile,
  { validSamples, invalidSamples }: FileReport,
  first: string | undefined,
  allowed: number,
): string {
  if (first === undefined) return `${file.name}: contains no samples`;
  const share = allowed === 0 ? "" : ` (${percent(allowed)} may be skipped)`;
  return invalidSamples === 1 && validSamples > 0 && allowed === 0
    ? first
    : `${first}; ${invalidSamples} of ${validSamples + invalidSamples} samples are invalid${share}`;
}
