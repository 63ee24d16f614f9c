import { styleText } from "node:util";
import { checkSample, LineSplitter, type Rules, SampleError } from "#data";
import { readContent } from "../inputs/data/content";
import { type Piece, piecesOf, type Sample, tokensOf } from "./template";

/**
 * Returns the first valid samples of the files as the model sees them, and marks the text that counts for the loss.
 *
 * @param styled marks the text by underlining, for a terminal; otherwise with brackets: ⟦…⟧
 */
export async function shownSamples(files: string[], count: number, rules: Rules, styled: boolean): Promise<string> {
  const shown: string[] = [];
  for (const file of files) {
    for (const { line, sample } of await firstSamples(file, count - shown.length, rules)) {
      const pieces = piecesOf(sample, rules.jobType);
      const [all, learned] = [tokensOf(pieces), tokensOf(pieces.filter((piece) => piece.learned))];
      const text = pieces.map((piece) => marked(piece, styled)).join("");
      shown.push(`${file}:${line}: about ${all} tokens, ${learned} of them count for the loss\n${text}\n`);
    }
  }
  const mark = styled ? underlined("underlined") : "⟦in brackets⟧";
  const note = `The text that counts for the loss is ${mark}. Token counts are estimates (four characters per token). The samples are shown in the chat template of Mistral's tokenizer v3.`;
  return `${shown.join("\n")}\n${note}\n`;
}

/** Skips invalid samples, which the check reports. */
async function firstSamples(file: string, count: number, rules: Rules): Promise<{ line: number; sample: Sample }[]> {
  const found: { line: number; sample: Sample }[] = [];
  let line = 0;
  const splitter = new LineSplitter((bytes) => {
    line++;
    const sample = bytes && found.length < count ? validSample(bytes, rules) : undefined;
    if (sample) found.push({ line, sample });
  });
  for await (const chunk of readContent({ path: file }, "")) {
    if (found.length >= count) return found;
    splitter.push(chunk);
  }
  splitter.end();
  return found;
}

function validSample(bytes: Buffer, rules: Rules): Sample | undefined {
  const text = bytes.toString().replace(/^\uFEFF/, "");
  try {
    checkSample(Buffer.from(text), rules);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SampleError) return undefined;
    throw error;
  }
}

function marked({ text, learned }: Piece, styled: boolean): string {
  const visible = text.replace(/[^\P{Cc}\n\t]/gu, escaped);
  if (!learned) return visible;
  return styled ? underlined(visible) : `⟦${visible}⟧`;
}

const underlined = (text: string) => styleText(["underline", "green"], text);

/** Escapes a control character as in JSON, so that it cannot control the terminal. */
const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
