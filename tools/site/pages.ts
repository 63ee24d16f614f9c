import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** A page of the site. */
export interface Page {
  /** `/costs` */
  link: string;
  /** Its first heading. */
  title: string;
}

/** Markdown files of the repository that are pages of the site, and their names there. */
const PAGES: Record<string, string> = {
  "README.md": "index.md",
  "docs/:page*.md": ":page*.md",
  "examples/:name/README.md": "examples/:name.md",
  "server/recipes/trl/README.md": "training-recipe.md",
  "CHANGELOG.md": "changelog.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "report-a-vulnerability.md",
};

const patterns = Object.entries(PAGES).map(([source, page]) => ({
  source: new RegExp(
    `^${source
      .replace(/[.]/g, "\\.")
      .replace(/:\w+\*/g, "(.+)")
      .replace(/:\w+/g, "([^/]+)")}$`,
  ),
  page: page.replace(/:\w+\*?/g, "$1"),
}));

/** Returns the page of a Markdown file, or undefined when the file is not on the site: `docs/costs.md` → `costs.md` */
export function pageOf(file: string): string | undefined {
  const pattern = patterns.find(({ source }) => source.test(file));
  return pattern && file.replace(pattern.source, pattern.page);
}

/**
 * Turns a link between files of the repository into a link between pages, so that the same Markdown works on a code host and
 * on the site. A link to a folder leads to its README.
 *
 * @param from the file with the link, relative to the repository's root
 * @returns undefined when the target is not on the site, for example a source file
 */
export function siteLink(from: string, link: string): string | undefined {
  if (/^([a-z]+:|#)/.test(link)) return link;
  const [path = "", anchor] = link.split("#");
  const target = posix.join(posix.dirname(from), path).replace(/\/$/, "");
  const page = pageOf(target) ?? pageOf(posix.join(target, "README.md"));
  if (!page) return undefined;
  return `/${page}${anchor ? `#${anchor}` : ""}`;
}

/** Returns all pages of the repository in the folder `root`. */
export function pagesOf(root: string): Page[] {
  const inFolder = (folder: string, recursive = true) =>
    readdirSync(join(root, folder), { recursive, encoding: "utf8" }).map((file) => posix.join(folder, file));
  const examples = inFolder("examples", false).map((folder) => `${folder}/README.md`);
  const files = [...inFolder(".", false), ...inFolder("docs"), ...examples, "server/recipes/trl/README.md"];
  return files.flatMap((file) => {
    const page = pageOf(file.replaceAll("\\", "/"));
    if (page === undefined) return [];
    const [, title = file] = /^# (.+)$/m.exec(readFileSync(join(root, file), "utf8")) ?? [];
    return [{ title, link: `/${page.replace(/\.md$/, "")}`.replace(/\/index$/, "/") }];
  });
}
