/**
 * `npm run archives -- <folder> [<os>-<arch> ...]`: builds the plugin's archives that need no Node.js. By default for all platforms.
 * Compile the packages first.
 */
import { join, resolve } from "node:path";
import { ExplainedError, runMain } from "./main";
import { buildArchives } from "./release/executable/archives";
import { nameOf, PLATFORMS } from "./release/executable/platforms";

const [folder, ...names] = process.argv.slice(2);

runMain(async () => {
  const known = PLATFORMS.map(nameOf);
  const unknown = names.filter((name) => !known.includes(name));
  if (!folder || unknown.length > 0) {
    throw new ExplainedError(`Usage: npm run archives -- <folder> [<platform> ...]. Platforms: ${known.join(", ")}`);
  }
  const platforms = PLATFORMS.filter((platform) => names.length === 0 || names.includes(nameOf(platform)));
  const root = join(__dirname, "..");
  const missing = await buildArchives({ root, folder: resolve(folder), platforms, log: console.log });
  if (missing.length > 0) process.exitCode = 1;
});
