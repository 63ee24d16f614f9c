import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { UsageError } from "../../domain/errors";

/** How the file system names the compressed forms of a file, best first. */
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

/** What `index.html` contains in place of the path below which browsers reach the server. */
const BASE = /<base href="\/" ?\/?>/;

/** A file with a name that contains a hash of its content. */
export interface Asset {
  type: string;
  content: Buffer;
  /** The compressed forms by their `content-encoding`, best first. */
  compressed: ReadonlyMap<string, Buffer>;
}

/** The files of the page, in memory: no request reads the disk, so no path in a request can name another file. */
export interface PageFiles {
  html: string;
  /** By name. */
  assets: ReadonlyMap<string, Asset>;
}

/**
 * Reads the files of the page: `index.html` and `assets/`, whose files may have compressed forms beside them.
 *
 * @param basePath see `basePathOf`
 * @returns undefined when the folder has no page
 */
export function readPage(folder: string, basePath: string): PageFiles | undefined {
  const index = join(folder, "index.html");
  if (!existsSync(index)) {
    return undefined;
  }
  const template = readFileSync(index, "utf8");
  if (!BASE.test(template)) {
    throw new UsageError(`${index} has no <base href="/">: it is not the page of this server; build the page again`);
  }
  const html = template.replace(BASE, () => `<base href="${escapeHtml(basePath)}">`);
  return { html, assets: readAssets(join(folder, "assets")) };
}

function readAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  if (!existsSync(folder)) return assets;
  const names = new Set(
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name),
  );
  const read = (name: string) => readFileSync(join(folder, name));
  for (const name of names) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const compressed = ENCODINGS.filter(([, suffix]) => names.has(name + suffix)).map(
      ([encoding, suffix]) => [encoding, read(name + suffix)] as const,
    );
    assets.set(name, { type, content: read(name), compressed: new Map(compressed) });
  }
  return assets;
}

/** A URL's path has no quotes and angle brackets. */
function escapeHtml(path: string): string {
  return path.replaceAll("&", "&amp;");
}
