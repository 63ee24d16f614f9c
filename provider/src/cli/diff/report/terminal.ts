import { styleText } from "node:util";
import type { Report } from "./report";

/** @param isStyled whether to color added and removed lines */
export function terminalReport({ title, totals, warnings, samples, more }: Report, isStyled: boolean): string {
  const style = (line: string) => {
    if (!isStyled || line.startsWith(" ")) return line;
    return styleText(line.startsWith("+") ? "green" : "red", line);
  };
  return [
    title,
    ...totals,
    ...warnings.map((warning) => `warning: ${warning}`),
    ...samples.flatMap(({ title, diff }) => ["", title, ...diff.map(style)]),
    ...(more.length === 0 ? [] : ["", ...more.map((each) => `… ${each} (--limit shows more)`)]),
  ].join("\n");
}
