import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";

export const SCRIPT = `console.log("page");${" ".repeat(500)}\n`;

/** Creates a folder with a small page, for tests that do not need the real one. Removed when the process exits. */
export function pageFolder(): string {
  const path = mkdtempSync(join(tmpdir(), "page-"));
  process.once("exit", () => rmSync(path, { recursive: true, force: true }));
  mkdirSync(join(path, "assets"));
  writeFileSync(
    join(path, "index.html"),
    '<!doctype html><base href="/" /><script src="assets/main-ABC123.js"></script>\n',
  );
  writeFileSync(join(path, "secret.js"), "not a part of the page\n");
  const script = join(path, "assets/main-ABC123.js");
  writeFileSync(script, SCRIPT);
  writeFileSync(`${script}.br`, brotliCompressSync(SCRIPT));
  writeFileSync(`${script}.gz`, gzipSync(SCRIPT));
  writeFileSync(join(path, "assets/main-ABC123.css"), "body { color: black }\n");
  return path;
}
