/**
 * `npm run generate:sdk`: checks `schema.json` and writes the SDKs of the other languages into `sdk/`. Needs Go. With `--check`, writes
 * nothing and fails if a file is stale.
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runMain } from "./main";
import { differences, generateSdks } from "./sdk/generate";

const target = resolve(__dirname, "../sdk");

runMain(async () => {
  const fresh = await mkdtemp(join(tmpdir(), "pulumi-mistral-sdk-"));
  try {
    await generateSdks(fresh);
    const stale = await differences(fresh, target);
    if (process.argv.includes("--check")) {
      for (const file of stale)
        console.error(`sdk/${file} is stale: run \`npm run generate:sdk\` and commit the result`);
      if (stale.length > 0) process.exitCode = 1;
    } else if (stale.length > 0) {
      await rm(target, { recursive: true, force: true });
      await cp(fresh, target, { recursive: true });
      console.log(`wrote ${stale.length} files of sdk/`);
    }
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
});
