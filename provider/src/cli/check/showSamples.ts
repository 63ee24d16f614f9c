import type { Rules } from "#data";
import { type Marks, visible, visibleLine } from "../marks";
import { type Piece, piecesOf, tokensOf } from "../pieces";
import { firstSamples } from "./firstSamples";

/** Returns the first valid samples of the files, message by message, and marks the text that counts for the loss. */
export async function shownSamples(files: string[], count: number, rules: Rules, marks: Marks): Promise<string> {
  const shown = (await firstSamples(files, count, rules)).map(({ file, line, text }) => {
    const pieces = piecesOf(JSON.parse(text), rules.jobType);
    const [all, learned] = [tokensOf(pieces), tokensOf(pieces.filter(({ kind }) => kind === "learned"))];
    const body = pieces.map((piece) => marked(piece, marks)).join("");
    return `${visibleLine(file)}:${line}: about ${all} tokens, ${learned} of them count for the loss\n${body}\n`;
  });
  const note = `The text that counts for the loss is ${marks.name}. Token counts are estimates (four characters per token). The model's chat template adds tokens: to see the exact text, add \`--model NAME\`.`;
  return `${shown.join("\n")}\n${note}\n`;
}

function marked({ text, kind }: Piece, marks: Marks): string {
  return kind === "learned" ? marks.learned(visible(text)) : visible(text);
}
