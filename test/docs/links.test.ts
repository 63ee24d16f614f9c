import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { anchorOf } from "../../tools/site/anchors";
import { documents, LINK, scriptsOf } from "./documents";

const root = resolve(__dirname, "../..");
const topFolders = "common|data|docs|examples|provider|server|test|tools|\\.ci|\\.github";
/** A path of this repository in inline code: `provider/src/index.ts`, `test/engine`. A glob or a placeholder is not checked. */
const CODE_PATH = new RegExp(`\`((?:${topFolders})/[\\w./-]+)\``, "g");

/** A sample in a shell or in YAML begins a comment like a heading, so code blocks are left out. */
function anchors(markdown: string): Set<string> {
  const text = markdown.replace(/^( *)```[\s\S]*?^\1```/gm, "");
  return new Set([...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading)));
}

function brokenLinks(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(LINK)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = "", anchor] = target.split("#");
      const file = path ? join(root, dirname(document), path) : join(root, document);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchors(readFileSync(file, "utf8")).has(anchor);
    });
}

function missingPaths(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(CODE_PATH)].map(([, path = ""]) => path).filter((path) => !existsSync(join(root, path)));
}

/** Commands such as `npm run generate` that no package.json has. */
function missingScripts(document: string): string[] {
  const text = readFileSync(join(root, document), "utf8");
  const scripts = scriptsOf(document);
  return [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name).filter((name) => !scripts.has(name));
}

describe("the documentation", () => {
  it("includes the README and the map of the code", () => {
    assert.ok(documents.includes("README.md") && documents.includes("docs/architecture.md"), documents.join());
  });

  for (const document of documents) {
    it(`${document} has no broken link, path or command`, () => {
      assert.deepEqual(brokenLinks(document), []);
      if (document !== "CHANGELOG.md") assert.deepEqual(missingPaths(document), []);
      assert.deepEqual(missingScripts(document), []);
    });
  }

  it("keeps the README short", () => {
    assert.ok(readFileSync(join(root, "README.md"), "utf8").split("\n").length <= 200);
  });
});
