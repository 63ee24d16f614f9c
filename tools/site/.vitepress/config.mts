import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type MarkdownRenderer, type UserConfig } from "vitepress";
import { anchorOf } from "../anchors";
import { pageOf, pagesOf, siteLink } from "../pages";
import { sidebarOf } from "../sidebar";

type Plugin = Extract<NonNullable<NonNullable<UserConfig["vite"]>["plugins"]>[number], { name: string }>;

const site = fileURLToPath(new URL("..", import.meta.url));
const root = resolve(site, "../..");

export default defineConfig({
  title: "pulumi-mistral",
  description: "Fine-tune Mistral models with `pulumi up`",
  srcDir: root,
  // npm packs a copy of the README with `provider`, whose links lead nowhere there.
  srcExclude: ["**/node_modules/**", "test/**", "tools/**", "shared/**", "provider/README.md"],
  outDir: resolve(site, "dist"),
  cacheDir: resolve(site, "node_modules/.cache/vitepress"),
  rewrites: (file) => pageOf(file) ?? file,
  cleanUrls: true,
  markdown: { config: useRepositoryLinks, anchor: { slugify: anchorOf } },
  vite: { plugins: [packagesOfThisFolder()] },
  themeConfig: {
    sidebar: sidebarOf(pagesOf(root)),
    search: { provider: "local" },
    outline: [2, 3],
  },
});

/** Pages are outside of this folder, so Node's resolution finds no Vue for them. */
function packagesOfThisFolder(): Plugin {
  return {
    name: "packages-of-this-folder",
    enforce: "pre",
    resolveId(id, importer, options) {
      if (!importer?.endsWith(".md") || !/^vue(\/|$)/.test(id)) return null;
      return this.resolve(id, resolve(site, "package.json"), { ...options, skipSelf: true });
    },
  };
}

/** Links between files become links between pages. A link to a file that is not a page becomes plain text. */
function useRepositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    const from = relative(root, env.realPath ?? env.path);
    const isPage: boolean[] = [];
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      if (token.type === "link_open") {
        const link = siteLink(from, token.attrGet("href") ?? "");
        isPage.push(link !== undefined);
        if (link !== undefined) token.attrSet("href", link);
      }
      const isText =
        token.type === "link_open" ? isPage.at(-1) === false : token.type === "link_close" && !isPage.pop();
      if (isText) {
        token.type = token.type.replace("link", "plain");
        token.tag = "span";
        token.attrs = null;
      }
    }
  });
}
