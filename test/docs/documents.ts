import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { execaSync } from "execa";

const root = resolve(__dirname, "../..");

/** All Markdown files of the repository, relative to its root. */
export const documents = execaSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: root,
})
  .stdout.split("\n")
  .filter((file) => existsSync(join(root, file)));
