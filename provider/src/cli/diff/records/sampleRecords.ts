import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the comparison needs to know about one sample. Keys are hashes; equal keys mean equal parts of samples. */
export interface SampleRecord {
  /** Key of the whole sample. Does not depend on white space or on the order of JSON fields. */
  content: number;
  /** Key of the first user message, or of the beginning of a text. */
  prompt: number;
  /** Key of the last message, or of the end of a text. */
  answer: number;
  /** Position of the sample's line in its file, in bytes. */
  offset: number;
  /** Length of the line, in bytes. */
  length: number;
  /** The line number, from 1. */
  line: number;
}

export type KeyName = "content" | "prompt" | "answer";

const FIELDS = ["content", "prompt", "answer", "offset", "length", "line"] as const;
const BUFFERED_RECORDS = 8192;

/** The records of one file. They are kept in a temporary file, so that memory use does not depend on the size of the data. */
export class SampleRecords {
  private readonly file = openTemporaryFile();
  private readonly buffer = new Float64Array(FIELDS.length * BUFFERED_RECORDS);
  private buffered = 0;
  private written = 0;

  /** The number of records. */
  get count(): number {
    return this.written + this.buffered;
  }

  add(record: SampleRecord): void {
    const start = this.buffered * FIELDS.length;
    for (let index = 0; index < FIELDS.length; index++) {
      this.buffer[start + index] = record[FIELDS[index] as keyof SampleRecord];
    }
    if (++this.buffered === BUFFERED_RECORDS) this.flush();
  }

  /** Calls a function for each record, in file order. The record object is reused for the next call. */
  forEach(use: (record: SampleRecord, number: number) => void): void {
    this.flush();
    const record: SampleRecord = { content: 0, prompt: 0, answer: 0, offset: 0, length: 0, line: 0 };
    for (let first = 0; first < this.written; first += BUFFERED_RECORDS) {
      readSync(
        this.file,
        this.buffer,
        0,
        this.buffer.byteLength,
        first * FIELDS.length * this.buffer.BYTES_PER_ELEMENT,
      );
      const count = Math.min(BUFFERED_RECORDS, this.written - first);
      for (let index = 0; index < count; index++) {
        for (let field = 0; field < FIELDS.length; field++) {
          record[FIELDS[field] as keyof SampleRecord] = this.buffer[index * FIELDS.length + field] as number;
        }
        use(record, first + index);
      }
    }
  }

  close(): void {
    closeSync(this.file);
  }

  private flush(): void {
    if (this.buffered === 0) return;
    writeSync(this.file, this.buffer, 0, this.buffered * FIELDS.length * this.buffer.BYTES_PER_ELEMENT);
    this.written += this.buffered;
    this.buffered = 0;
  }
}

/** Opens a file that has no name any more, so that nothing is left behind when the process is killed. */
function openTemporaryFile(): number {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-mistral-diff-"));
  try {
    return openSync(join(folder, "records"), "wx+", 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
