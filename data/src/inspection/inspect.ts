import { createHash } from "node:crypto";
import type { Rules } from "../sample";
import { type CheckThreads, defaultThreads } from "../threads/checkThreads";
import { BatchQueue } from "./batchQueue";
import type { FileReport } from "./report";
import { ReportTotals } from "./reportTotals";
import type { SampleIndex } from "./sampleIndex";

export interface InspectOptions {
  /** The rules that samples must meet. Without rules, the bytes are only counted and hashed. */
  rules?: Rules | undefined;
  /** Finds duplicate samples. All training files share one index, and all validation files share another. */
  index?: SampleIndex | undefined;
  /** The number of this file among the files that share the index, from 0. */
  fileNumber?: number | undefined;
  /** For a validation file: the index of the training data, which must not contain the same samples. */
  otherDataIndex?: SampleIndex | undefined;
  /** Receives each valid sample without surrounding white space, and its line from 1. The bytes are only valid during the call. */
  onSample?: ((bytes: Buffer, line: number) => void) | undefined;
  /** Ends the inspection at once, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The threads that check large files; by default up to four, shared by all inspections. */
  threads?: CheckThreads | undefined;
}

/** Bounds the time in which nothing else runs, and is large enough for fast copies. */
const SLICE_BYTES = 64 * 1024;

/**
 * Reads a file once, in constant memory, and checks every sample. Checks large files and long lines in threads, so that the
 * calling thread stays responsive.
 *
 * @param open opens the content; called once
 * @example
 * const report = await inspect(() => fileChunks("train.jsonl"), { rules });
 * report.findings[0]; // { line: 3, message: "text: is empty" }
 */
export async function inspect(open: () => AsyncIterable<Buffer>, options: InspectOptions): Promise<FileReport> {
  const hash = createHash("sha256");
  const totals = new ReportTotals(options);
  const queue = options.rules && new BatchQueue(options.rules, options, totals, options.threads ?? defaultThreads());
  let bytes = 0;
  for await (const chunk of open()) {
    for (let start = 0; start < chunk.length; start += SLICE_BYTES) {
      const slice = chunk.subarray(start, start + SLICE_BYTES);
      bytes += slice.length;
      hash.update(slice);
      await queue?.push(slice);
    }
  }
  await queue?.end();
  return totals.report(bytes, hash.digest("hex"));
}
