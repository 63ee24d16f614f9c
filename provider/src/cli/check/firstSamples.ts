import { inspect, type Rules } from "#data";
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
  const onSample = (bytes: Buffer, line: number) => {
    if (found.length < count) found.push({ file, line, text: bytes.toString() });
  };
  /** Ends early, so that the rest of the file is not read. */
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of readContent({ path: file }, "")) {
      if (found.length >= count) return;
      yield chunk;
    }
  }
  await inspect(chunks, { rules, onSample });
}
