import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execaSync } from "execa";

const root = resolve(__dirname, "../..");

/** All Markdown files of the repository, relative to its root. */
export const documents = execaSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
})
  .stdout.split("\n")
  .filter((file) => existsSync(join(root, file)));

export const LINK = /\]\(([^)\s]+)\)/g;

/**
 * The npm scripts that a document can name: those of the repository and, for a document about an example, those of the example. Such
 * a document is in the example's folder or links to it.
 */
export function scriptsOf(document: string): Set<string> {
  const text = readFileSync(join(root, document), "utf8");
  const examples = [document, ...Array.from(text.matchAll(LINK), ([, target = ""]) => target)].flatMap(
    (path) => /\bexamples\/[\w-]+/.exec(path) ?? [],
  );
  const packages = ["", ...examples].map((folder) => join(root, folder, "package.json")).filter(existsSync);
  return new Set(packages.flatMap((file) => Object.keys(JSON.parse(readFileSync(file, "utf8")).scripts ?? {})));
}
