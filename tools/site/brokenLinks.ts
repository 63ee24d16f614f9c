import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns the links between the pages of a built site whose page or anchor does not exist, as `page: link`.
 *
 * @param folder the folder of the built site
 */
export function brokenLinks(folder: string): string[] {
  const pages = new Map(
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".html"))
      .map((file) => [file, readFileSync(join(folder, file), "utf8")]),
  );
  const anchors = new Map([...pages].map(([file, html]) => [file, new Set(attributes(html, "id"))]));
  return [...pages].flatMap(([file, html]) =>
    [...new Set(attributes(html, "href"))]
      .filter((link) => /^[/#]/.test(link))
      .filter((link) => !exists(file, link))
      .map((link) => `${file}: ${link}`),
  );

  function exists(from: string, link: string): boolean {
    const [path = "", anchor] = decodeURIComponent(link).split("#");
    const page = path === "" ? from : pageFile(path);
    if (!anchors.has(page)) return existsSync(join(folder, path));
    return !anchor || anchors.get(page)?.has(anchor) === true;
  }
}

/** `/` → `index.html`, `/costs` → `costs.html` */
const pageFile = (path: string) => `${path.replace(/^\//, "").replace(/(^|\/)$/, "$1index")}.html`;

const attributes = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g"))].map(([, value = ""]) => value.replaceAll("&amp;", "&"));
