import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { brokenLinks } from "../../tools/site/brokenLinks";
import { pageOf, pagesOf, siteLink } from "../../tools/site/pages";
import { sidebarOf } from "../../tools/site/sidebar";
import { documents } from "./documents";

const root = resolve(__dirname, "../..");

describe("the documentation site", () => {
  it("has every page in the sidebar, and nothing else", () => {
    const pages = documents.map(pageOf).filter((page) => page !== undefined);
    const expected = pages.map((page) => `/${page.replace(/\.md$/, "")}`.replace(/\/index$/, "/"));
    const links = sidebarOf(pagesOf(root)).flatMap(({ items }) => items.map(({ link }) => link));
    assert.deepEqual([...links].sort(), [...expected].sort());
  });

  it("turns links between files into links between pages", () => {
    assert.equal(siteLink("docs/costs.md", "../examples/classifier"), "/examples/classifier.md");
    assert.equal(siteLink("examples/quickstart/README.md", "../../docs/data.md#cache"), "/data.md#cache");
    assert.equal(siteLink("docs/install.md", "../README.md"), "/index.md");
    assert.equal(siteLink("docs/install.md", "#connect"), "#connect");
    assert.equal(siteLink("docs/install.md", "https://example.com/a.md"), "https://example.com/a.md");
    assert.equal(siteLink("docs/architecture.md", "../schema.json"), undefined);
  });

  it("finds links to missing pages and anchors in the built pages", () => {
    const folder = mkdtempSync(join(tmpdir(), "docs-site-"));
    try {
      mkdirSync(join(folder, "examples"));
      writeFileSync(join(folder, "index.html"), '<h2 id="why">Why</h2><a href="/examples/a">A</a><a href="#why">W</a>');
      writeFileSync(
        join(folder, "examples/a.html"),
        '<a href="/#why">ok</a><a href="/#how">no</a><a href="/b">no</a><a href="https://example.com">ok</a>',
      );
      assert.deepEqual(brokenLinks(folder).sort(), ["examples/a.html: /#how", "examples/a.html: /b"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
