import xxhash from "xxhash-wasm";
import { checkSample, LineSplitter, MAX_LINE_BYTES, SampleError } from "#data";
import { keyTextsOf, parseLine, rulesOf, textOf } from "../sampleText";
import { SampleRecords } from "./sampleRecords";

/** The records of one file, and its totals. The caller closes the records. */
export interface ReadFile {
  records: SampleRecords;
  /** Characters of the valid samples, by role. Roles without any characters are left out. */
  characters: Record<string, number>;
  /** The number of lines that are not valid samples, and the first problem. Invalid lines are compared like samples. */
  invalid: { count: number; first?: { line: number; reason: string } };
}

/** Reads a data file once, in constant memory. */
export async function readRecords(chunks: AsyncIterable<Buffer>): Promise<ReadFile> {
  const reader = new RecordReader((await xxhash()).h64);
  const splitter = new LineSplitter((bytes, length) => reader.processLine(bytes, length));
  try {
    for await (const chunk of chunks) splitter.push(chunk);
    splitter.end();
    return reader;
  } catch (error) {
    reader.records.close();
    throw error;
  }
}

class RecordReader implements ReadFile {
  readonly records = new SampleRecords();
  readonly characters: Record<string, number> = {};
  readonly invalid: ReadFile["invalid"] = { count: 0 };
  private line = 0;
  private offset = 0;

  constructor(private readonly hashOf: (text: string) => bigint) {}

  processLine(bytes: Buffer | undefined, length: number): void {
    const place = { offset: this.offset, length, line: ++this.line };
    this.offset += length + 1;
    if (bytes === undefined) {
      this.addInvalid(`is longer than ${MAX_LINE_BYTES} bytes`);
      return;
    }
    const text = textOf(bytes);
    if (text === "") return;
    const sample = parseLine(text);
    this.check(text, sample);
    const { content, prompt, answer } = keyTextsOf(sample, text);
    this.records.add({ content: this.key(content), prompt: this.key(prompt), answer: this.key(answer), ...place });
  }

  private check(text: string, sample: unknown): void {
    try {
      for (const [role, count] of Object.entries(checkSample(Buffer.from(text), rulesOf(sample)))) {
        if (count > 0) this.characters[role] = (this.characters[role] ?? 0) + count;
      }
    } catch (error) {
      if (!(error instanceof SampleError)) throw error;
      this.addInvalid(error.message);
    }
  }

  /** A number has 53 bits. Among a million different samples, the probability of two equal keys is about 1 in 20,000. */
  private key(text: string): number {
    return Number(this.hashOf(text) & 0x1f_ffff_ffff_ffffn) || 1;
  }

  private addInvalid(reason: string): void {
    this.invalid.count++;
    this.invalid.first ??= { line: this.line, reason };
  }
}
