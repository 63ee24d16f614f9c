import { styleText } from "node:util";

/** How learned text is marked: underlined in a terminal, otherwise with brackets: ⟦…⟧. */
export interface Marks {
  learned(text: string): string;
  /** Names the mark in the explanation. */
  name: string;
}

export function marksFor(isStyled: boolean): Marks {
  const learned = isStyled ? (text: string) => styleText(["underline", "green"], text) : (text: string) => `⟦${text}⟧`;
  return { learned, name: isStyled ? learned("underlined") : "⟦in brackets⟧" };
}

/** Control characters except line breaks and tabs, and characters that change the direction of text. */
const INVISIBLE = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Escapes invisible characters as in JSON, so that data cannot control the terminal. Keeps line breaks and tabs. */
export const visible = (text: string): string => text.replace(INVISIBLE, escaped);

const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
