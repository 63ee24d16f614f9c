import { type FileHandle, open, rename } from "node:fs/promises";
import { fileChunks, inspect, type Rules } from "#data";
import { dataThreads } from "../dataThreads";

/** The longest epoch, as a multiple of the data. At this limit, a file of low weight loses samples. */
const MAX_GROWTH = 10;

export interface CleanedFile {
  source: string;
  target: string;
  weight: number;
}

/**
 * Writes copies of data files with only the valid samples, one per line. Weights are resolved: the file with the lowest
 * weight appears once, and a file of twice that weight twice. A fraction selects samples at equal distances. With equal
 * weights, each sample appears once.
 */
export async function cleanDataFiles(
  files: readonly CleanedFile[],
  rules: Rules,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isWeighted = new Set(files.map(({ weight }) => weight)).size > 1;
  const copies = isWeighted ? await copiesOf(files, rules, signal) : files.map(() => 1);
  for (const [index, { source, target }] of files.entries()) {
    await clean(source, target, copies[index] as number, rules, signal);
  }
}

/** Returns how often each file appears. */
async function copiesOf(files: readonly CleanedFile[], rules: Rules, signal?: AbortSignal): Promise<number[]> {
  let samples = 0;
  let weighted = 0;
  for (const { source, weight } of files) {
    const open = () => fileChunks(source, signal);
    const { validSamples } = await inspect(open, { rules, signal, threads: dataThreads });
    samples += validSamples;
    weighted += validSamples * weight;
  }
  const scale = Math.min(1 / Math.min(...files.map(({ weight }) => weight)), (MAX_GROWTH * samples) / weighted);
  return files.map(({ weight }) => weight * scale);
}

async function clean(
  source: string,
  target: string,
  copies: number,
  rules: Rules,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(`${target}.partial`, "w", 0o600);
  try {
    for (let left = copies; left > 1e-9; left -= 1) {
      await append(file, source, Math.min(1, left), rules, signal);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${target}.partial`, target);
}

/** Appends a share of the valid samples, in constant memory. */
async function append(
  file: FileHandle,
  source: string,
  share: number,
  rules: Rules,
  signal: AbortSignal | undefined,
): Promise<void> {
  let number = 0;
  let lines: Buffer[] = [];
  const onSample = (bytes: Buffer) => {
    number += 1;
    if (Math.floor(number * share) > Math.floor((number - 1) * share)) {
      lines.push(Buffer.concat([bytes, NEWLINE]));
    }
  };
  async function* chunks() {
    for await (const chunk of fileChunks(source, signal)) {
      yield chunk;
      await flush();
    }
  }
  async function flush() {
    const content = Buffer.concat(lines);
    lines = [];
    await file.appendFile(content);
  }
  await inspect(chunks, { rules, onSample, signal, threads: dataThreads });
  await flush();
}

const NEWLINE = Buffer.from("\n");
