/** Writes the JSON schema that editors use for `trainings/*.yaml`. With `--check`, fails if the schema is stale. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaText } from "./schemaText";

const FILE = "training.schema.json";
const path = join(__dirname, "..", FILE);

if (!process.argv.includes("--check")) writeFileSync(path, schemaText());
else if (readFileSync(path, "utf8") !== schemaText()) {
  console.error(`${FILE} is stale: run \`npm run schema\` and commit the result`);
  process.exitCode = 1;
}
