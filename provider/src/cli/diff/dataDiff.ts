import type { FileHandle } from "node:fs/promises";
import { CHARACTERS_PER_TOKEN, chunksOf } from "#data";
import { withoutLfsPointer } from "../../inputs/data/content";
import { openFile } from "./openFile";
import { changedLines, markedLines } from "./patch";
import { compareRecords, sharedSamples } from "./records/compareRecords";
import type { Listed } from "./records/firstByLine";
import { type ReadFile, readRecords } from "./records/readRecords";
import type { SampleRecord } from "./records/sampleRecords";
import { textOf } from "./sampleText";

/** The difference between two data files. Lines are counted from 1. */
export interface DataDiff {
  before: FileSummary;
  after: FileSummary;
  /** The number of samples that are in both files. */
  unchanged: number;
  added: Listed<ShownSample>;
  removed: Listed<ShownSample>;
  changed: Listed<ShownSample & { lineBefore: number }>;
  /** Added or changed samples that repeat another sample of the new file. */
  newDuplicates: Lines;
  /** Samples of the new file that are also in a validation file. `before`: the same number for the old file. */
  overlaps: (Lines & { file: string; before: number })[];
}

/** The number of lines, and the first line numbers. */
export type Lines = Listed<number>;

export interface FileSummary {
  name: string;
  samples: number;
  /** Estimated tokens, at four characters per token. */
  tokens: number;
  /** Estimated tokens per role of the messages, and of samples without messages as `text`. */
  tokensByRole: Record<string, number>;
  invalid: ReadFile["invalid"];
}

export interface ShownSample {
  line: number;
  /** The sample as lines that begin with a space, `+` or `-`. */
  diff: string[];
}

export interface DiffOptions {
  before: string;
  after: string;
  validation: string[];
  /** The number of samples to show of each kind. */
  limit: number;
}

/** A data file that is open, and what was read from it. */
interface OpenedFile extends ReadFile {
  name: string;
  file: FileHandle;
}

/** Reads each file once, in constant memory, and compares the samples. */
export async function diffFiles({ before, after, validation, limit }: DiffOptions): Promise<DataDiff> {
  const opened: OpenedFile[] = [];
  try {
    for (const name of [before, after, ...validation]) opened.push(await read(name));
    const [old, current, ...others] = opened as [OpenedFile, OpenedFile, ...OpenedFile[]];
    return await describe(old, current, others, limit);
  } finally {
    for (const { records, file } of opened) {
      records.close();
      await file.close();
    }
  }
}

async function read(name: string): Promise<OpenedFile> {
  const file = await openFile(name);
  try {
    return Object.assign(await readRecords(withoutLfsPointer(chunksOf(file, READ_BYTES))), { name, file });
  } catch (error) {
    await file.close();
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

const READ_BYTES = 256 * 1024;

async function describe(old: OpenedFile, current: OpenedFile, others: OpenedFile[], limit: number): Promise<DataDiff> {
  // Warnings name the first line even when no samples are shown.
  const listed = Math.max(1, limit);
  const { unchanged, added, removed, changed, newDuplicates } = compareRecords(old.records, current.records, listed);
  return {
    before: summaryOf(old),
    after: summaryOf(current),
    unchanged,
    added: await mapped(added, limit, async (record) => shown(record, markedLines("+", await lineOf(current, record)))),
    removed: await mapped(removed, limit, async (record) => shown(record, markedLines("-", await lineOf(old, record)))),
    changed: await mapped(changed, limit, async (pair) => ({
      ...shown(pair.after, changedLines(await lineOf(old, pair.before), await lineOf(current, pair.after))),
      lineBefore: pair.before.line,
    })),
    newDuplicates: linesOf(newDuplicates),
    overlaps: others.map(({ name, records }) => ({
      file: name,
      before: sharedSamples(old.records, records, 1).count,
      ...linesOf(sharedSamples(current.records, records, listed)),
    })),
  };
}

const shown = ({ line }: SampleRecord, diff: string[]): ShownSample => ({ line, diff });

async function mapped<Item, Result>(
  { count, first }: Listed<Item>,
  limit: number,
  map: (item: Item) => Promise<Result>,
): Promise<Listed<Result>> {
  return { count, first: await Promise.all(first.slice(0, limit).map(map)) };
}

const linesOf = ({ count, first }: Listed<SampleRecord>): Lines => ({ count, first: first.map(({ line }) => line) });

async function lineOf({ file }: OpenedFile, { offset, length }: SampleRecord): Promise<string> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  return textOf(buffer);
}

function summaryOf({ name, records, characters, invalid }: OpenedFile): FileSummary {
  const tokens = (count: number) => Math.ceil(count / CHARACTERS_PER_TOKEN);
  const total = Object.values(characters).reduce((sum, count) => sum + count, 0);
  const byRole = Object.entries(characters).map(([role, count]) => [role, tokens(count)]);
  return { name, samples: records.count, tokens: tokens(total), tokensByRole: Object.fromEntries(byRole), invalid };
}
