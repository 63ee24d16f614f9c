import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const root = join(__dirname, "../..");
const LANGUAGES: Record<string, string> = { ".go": "go", ".mjs": "js", ".py": "python", ".ts": "ts", ".yaml": "yaml" };

/**
 * Replaces the text between each pair of markers `<!-- file: examples/quickstart/index.ts -->` … `<!-- /file -->` with the file, so that
 * a program in the documentation is the program that the tests run.
 */
export function includeFiles(markdown: string): string {
  return markdown.replace(
    /(<!-- file: (\S+) -->\n)[\s\S]*?(<!-- \/file -->)/g,
    (_, open: string, file: string, close: string) => {
      const path = join(root, file);
      if (!existsSync(path)) throw new Error(`A page of the documentation includes ${file}, which does not exist`);
      const code = readFileSync(path, "utf8").trimEnd();
      return `${open}\`\`\`${LANGUAGES[extname(file)] ?? "text"}\n${code}\n\`\`\`\n${close}`;
    },
  );
}
