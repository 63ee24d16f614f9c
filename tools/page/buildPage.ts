import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import { build } from "esbuild";
import { licensesOf } from "../release/licenses";

const source = resolve(__dirname, "../../server/page");
const target = resolve(__dirname, "../../server/dist/page");

/** Builds the server's page from `server/page` into `server/dist/page`. It needs the compiled `common` of the server. */
export async function buildPage(): Promise<void> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const { metafile } = await build({
    entryPoints: [join(source, "src/main.tsx")],
    outdir: join(target, "assets"),
    // The server tells browsers to keep the files, so their names change with their contents.
    entryNames: "[name]-[hash]",
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome123", "firefox120", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    absWorkingDir: source,
  });
  const assets = Object.keys(metafile.outputs).map((path) => resolve(source, path));
  const tags = assets.map((path) => tagOf(`assets/${basename(path)}`));
  const html = await readFile(join(source, "index.html"), "utf8");
  await writeFile(join(target, "index.html"), html.replace("<!-- assets -->", tags.join("\n    ")));
  for (const path of assets) await compress(path);
  const inputs = Object.keys(metafile.inputs).map((path) => resolve(source, path));
  await writeFile(join(target, "THIRD_PARTY_LICENSES"), await licensesOf(inputs));
}

function tagOf(path: string): string {
  return path.endsWith(".css")
    ? `<link rel="stylesheet" href="${path}" />`
    : `<script type="module" src="${path}"></script>`;
}

/** Writes compressed copies, so that the server need not compress. */
async function compress(path: string): Promise<void> {
  const content = await readFile(path);
  await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
  await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
}
