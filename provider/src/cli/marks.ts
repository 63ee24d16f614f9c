import { styleText } from "node:util";
import { escapedText } from "#common";

/** How learned text is marked: underlined in a terminal, otherwise with brackets: ⟦…⟧. */
export interface Marks {
  learned(text: string): string;
  /** Names the mark in the explanation. */
  name: string;
}

/** Whether the output may contain colors. */
export const canStyle = (): boolean => process.stdout.isTTY && !process.env.NO_COLOR;

export function marksFor(isStyled: boolean): Marks {
  const learned = isStyled ? (text: string) => styleText(["underline", "green"], text) : (text: string) => `⟦${text}⟧`;
  return { learned, name: isStyled ? learned("underlined") : "⟦in brackets⟧" };
}

/** Escapes invisible characters as in JSON, so that data cannot control the terminal. Keeps line breaks and tabs. */
export const visible = escapedText;

/** Like `visible`, for a file name or a message of one line: a line break could look like the end of the message. */
export const visibleLine = (text: string): string =>
  escapedText(text).replace(/[\n\t]/g, (character) => (character === "\n" ? "\\n" : "\\t"));
