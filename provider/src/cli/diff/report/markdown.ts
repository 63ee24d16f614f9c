import { plainMarkdown as plain } from "../../plainMarkdown";
import type { Report } from "./report";

/** Code hosts accept comments of about 65,000 characters. */
const MAX_CHARACTERS = 60_000;

/** Returns a comment for a pull request. Shows as many samples as fit into a comment. */
export function markdownReport({ title, totals, warnings, samples, more }: Report): string {
  const parts = [
    `**Training data:** ${code(title)}\n`,
    ...totals.map((each) => `- ${each}`),
    ...warnings.map((warning) => `- ⚠️ ${plain(warning)}`),
  ];
  let length = parts.join("\n").length;
  let shown = 0;
  for (const sample of samples) {
    const details = detailsOf(sample);
    length += details.length + 1;
    if (length > MAX_CHARACTERS) break;
    parts.push(details);
    shown++;
  }
  const left = samples.length - shown;
  const notShown = [...more, ...(left === 0 ? [] : [`${left} samples that do not fit into a comment`])];
  if (notShown.length > 0) parts.push("", `Not shown: ${notShown.join(", ")}.`);
  return parts.join("\n");
}

function detailsOf({ title, diff }: Report["samples"][number]): string {
  const text = diff.join("\n");
  // The fence must be longer than every run of backticks in the data.
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `\n<details><summary>${plain(title)}</summary>\n\n${fence}diff\n${text}\n${fence}\n\n</details>`;
}

const code = (text: string) => `<code>${plain(text)}</code>`;
