/**
 * npm runs this script in a package's folder before it packs or publishes the package. The script compiles the package, deletes
 * the files in `dist` whose source no longer exists (except the server's page, which `tools/page.ts` replaces as a whole), and copies the files given as arguments from the repository's root, because
 * npm packs only files in the package's folder.
 */
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { execaSync } from "execa";

const root = resolve(__dirname, "..");

// Write to stderr: npm passes stdout on, which would break the output of `npm pack --json`.
const output = { stdout: process.stderr, stderr: "inherit" } as const;
const { exitCode } = execaSync("tsc", ["-b"], { ...output, preferLocal: true, reject: false });
if (exitCode !== 0) process.exit(1);
for (const path of readdirSync("dist", { recursive: true, encoding: "utf8" })) {
  // Both packages compile the repository's folders `common` and `data` into their own `dist`.
  const from = /^(common|data)(\/|$)/.test(path) ? join("..", path) : join("src", path);
  const source = from.replace(/(\.d\.ts|\.js|\.js\.map)$/, ".ts");
  if (!/^page(\/|$)/.test(path) && !existsSync(source)) rmSync(join("dist", path), { recursive: true, force: true });
}
for (const file of process.argv.slice(2)) copyFileSync(join(root, file), file);
