import { readFileSync } from "node:fs";
import { join } from "node:path";

export const pkg = JSON.parse(readFileSync(join(__dirname, "../../../provider/package.json"), "utf8"));

/**
 * The repository of the project: `repository` of `provider/package.json`, such as `https://github.com/OWNER/NAME`. The Go module's
 * path and the address of the plugin's releases derive from it. Undefined while `package.json` names none.
 */
export const repository = parse(typeof pkg.repository === "string" ? pkg.repository : pkg.repository?.url);

function parse(text: string | undefined): { url: string; host: string; path: string } | undefined {
  if (text === undefined) return undefined;
  const { host, pathname } = new URL(text.replace(/^git\+/, ""));
  const path = pathname.slice(1).replace(/\.git$/, "");
  return { url: `https://${host}/${path}`, host, path };
}

/** Where Pulumi downloads the plugin's release archives. Undefined without a repository on GitHub: `pulumi` then needs the plugin on PATH. */
export const pluginDownloadUrl =
  repository?.host === "github.com" ? `github://api.github.com/${repository.path}` : undefined;
