/**
 * `npm run release -- <version> [--execute]`: prepares a release of both packages, the SDKs and the plugin's archives. Without `--execute`,
 * reports what a release would do and changes nothing. Neither form pushes or publishes.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ExplainedError, runMain } from "./main";
import { buildArchives } from "./release/executable/archives";
import { release } from "./release/release";
import { packSdks } from "./sdk/pack";

const USAGE = "Usage: npm run release -- <version> [--execute]";

runMain(async () => {
  const { version, execute } = parsedArguments();
  const root = join(__dirname, "..");
  await release({ root, version, execute, date: new Date(), packSdks, buildArchives, log: console.log });
});

function parsedArguments() {
  try {
    const options = { execute: { type: "boolean", default: false } } as const;
    const { values, positionals } = parseArgs({ allowPositionals: true, options });
    const [version, ...rest] = positionals;
    if (version === undefined || rest.length > 0) throw new Error("expected one version");
    return { version, execute: values.execute };
  } catch (error) {
    throw new ExplainedError(`${(error as Error).message}. ${USAGE}`);
  }
}
