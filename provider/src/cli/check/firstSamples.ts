import { checkSample, LineSplitter, type Rules, SampleError } from "#data";
import { readContent } from "../../inputs/data/content";

/** A valid sample and its place. */
export interface PlacedSample {
  file: string;
  /** From 1. */
  line: number;
  /** The sample's JSON. */
  text: string;
}

/** Returns the first valid samples of the files. Skips invalid samples, which the check reports. */
export async function firstSamples(files: string[], count: number, rules: Rules): Promise<PlacedSample[]> {
  const found: PlacedSample[] = [];
  for (const file of files) await addSamples(found, file, count, rules);
  return found;
}

async function addSamples(found: PlacedSample[], file: string, count: number, rules: Rules): Promise<void> {
  let line = 0;
  const splitter = new LineSplitter((bytes) => {
    line++;
    const text = bytes && found.length < count ? validSample(bytes, rules) : undefined;
    if (text !== undefined) found.push({ file, line, text });
  });
  for await (const chunk of readContent({ path: file }, "")) {
    if (found.length >= count) return;
    splitter.push(chunk);
  }
  splitter.end();
}

function validSample(bytes: Buffer, rules: Rules): string | undefined {
  const text = bytes
    .toString()
    .replace(/^\uFEFF/, "")
    .trim();
  try {
    checkSample(Buffer.from(text), rules);
    return text;
  } catch (error) {
    if (error instanceof SampleError) return undefined;
    throw error;
  }
}
