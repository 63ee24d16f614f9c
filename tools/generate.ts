/**
 * `npm run generate`: writes the files that derive from the zod schemas: public types, `schema.json`, the tables and programs in the documentation.
 * With `--check`, writes nothing and fails if a file is stale.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { includeFiles } from "./generate/includedFiles";
import { pulumiSchema } from "./generate/pulumiSchema";
import { insertTables } from "./generate/referenceTables";
import { clientTypescript, outputNames, typescript } from "./generate/typescript";
import { HASH_FILE, hashOf } from "./sdk/generate";

const root = join(__dirname, "..");
const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "");

const pages = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md"))
  .map((file) => join("docs", file));
const documents = ["README.md", ...pages];

const generated: Record<string, string> = {
  "provider/src/resource/types.generated.ts": formatted(typescript()),
  "provider/src/client/types.generated.ts": formatted(clientTypescript()),
  "provider/src/resource/outputNames.generated.ts": formatted(outputNames()),
  "schema.json": pulumiSchema(),
  // The copy in the package, which the plugin serves.
  "provider/schema.json": pulumiSchema(),
  ...Object.fromEntries(documents.map((file) => [file, includeFiles(insertTables(read(file)))])),
};

const stale = Object.keys(generated).filter((file) => read(file) !== generated[file]);
if (process.argv.includes("--check")) {
  for (const file of stale) console.error(`${file} is stale: run \`npm run generate\` and commit the result`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const file of stale) {
    writeFileSync(join(root, file), generated[file] as string);
    console.log(`wrote ${file}`);
  }
}

// Go may be missing here, so only the hash of the schema is compared. `npm run generate:sdk -- --check` compares the SDKs themselves.
if (read(`sdk/${HASH_FILE}`).trim() !== hashOf(generated["schema.json"] as string)) {
  console.error("sdk/ is stale: run `npm run generate:sdk`, which needs Go, and commit the result");
  if (process.argv.includes("--check")) process.exitCode = 1;
}

function formatted(code: string): string {
  return execFileSync("npx", ["biome", "format", "--stdin-file-path=types.ts"], {
    cwd: root,
    input: code,
    encoding: "utf8",
  });
}
