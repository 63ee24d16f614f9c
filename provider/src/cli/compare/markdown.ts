import { plainMarkdown } from "../plainMarkdown";
import type { Report } from "./report";

/** Returns tables for a comment on a pull request. */
export function markdownReport({ header, sections }: Report): string {
  const row = (cells: string[]) => `| ${cells.map(plainMarkdown).join(" | ")} |`;
  return sections
    .map(({ title, rows }) =>
      [`**${title}**\n`, row(header), `|${"---|".repeat(header.length)}`, ...rows.map(row)].join("\n"),
    )
    .join("\n\n");
}
