import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { documents } from "../documents";

export const root = resolve(__dirname, "../../..");

/** A fenced code block of a Markdown file. */
export interface Block {
  file: string;
  /** `docs/data.md:12`, the line of the first line of code. */
  where: string;
  language: string;
  code: string;
  /** Why no check is possible, from the comment `<!-- not checked: reason -->` above the block. */
  unchecked: string | undefined;
}

/** The texts of users: old release notes and the READMEs of test fixtures are not among them. */
const texts = documents.filter((file) => file !== "CHANGELOG.md" && !file.startsWith("test/"));

export const blocks: readonly Block[] = texts.flatMap(blocksOf);

/** Inline code of the same texts: `pulumi up`. */
export const inlineCode = texts.flatMap((file) =>
  withoutBlocks(file).flatMap((line, index) =>
    [...line.matchAll(/(`+)(.+?)\1/g)].map(([, , code = ""]) => ({ where: `${file}:${index + 1}`, file, code })),
  ),
);

function blocksOf(file: string): Block[] {
  const found: Block[] = [];
  let open: { indent: string; language: string; first: number } | undefined;
  const lines = readFileSync(join(root, file), "utf8").split("\n");
  for (const [index, line] of lines.entries()) {
    const fence = /^( *)```(\S*)/.exec(line);
    if (!fence) continue;
    const [, indent = "", language = ""] = fence;
    if (!open) {
      open = { indent, language, first: index + 1 };
      continue;
    }
    const code = lines.slice(open.first, index).map((each) => each.slice(open?.indent.length));
    const unchecked = /^<!-- not checked: (.+) -->$/.exec(lines[open.first - 2]?.trim() ?? "")?.[1];
    found.push({ file, where: `${file}:${open.first + 1}`, language: open.language, code: code.join("\n"), unchecked });
    open = undefined;
  }
  return found;
}

/** The lines of a file; those of code blocks are empty. */
function withoutBlocks(file: string): string[] {
  let inside = false;
  return readFileSync(join(root, file), "utf8")
    .split("\n")
    .map((line) => {
      const fence = /^ *```/.test(line);
      if (fence) inside = !inside;
      return fence || inside ? "" : line;
    });
}
