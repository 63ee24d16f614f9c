/**
 * `npm run docs`: builds the documentation site in `tools/site/dist` and checks its links. `npm run docs -- dev` serves the pages
 * while you edit them, and `npm run docs -- preview` serves the built site.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { ExplainedError, runMain } from "./main";
import { groupLeader, killWithParent } from "./processes";
import { brokenLinks } from "./site/brokenLinks";

const site = join(__dirname, "site");
const dist = join(site, "dist");
const [command = "build", ...args] = process.argv.slice(2);

runMain(async () => {
  await install();
  await run("npx", ["vitepress", command, ".", ...args]);
  if (command !== "build") return;
  const broken = brokenLinks(dist);
  if (broken.length > 0) throw new ExplainedError(`The site has broken links:\n${broken.join("\n")}`);
  console.log(`The site is in ${dist}`);
});

/** The generator has a lockfile of its own, because only this command needs its 100 MB. */
async function install(): Promise<void> {
  const stamp = join(site, "node_modules/.installed");
  const lockfile = createHash("sha256")
    .update(readFileSync(join(site, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockfile) return;
  await run("npm", ["ci", "--prefer-offline", "--no-audit", "--no-fund"]);
  writeFileSync(stamp, lockfile);
}

async function run(file: string, arguments_: string[]): Promise<void> {
  const { exitCode } = await killWithParent(execa(file, arguments_, { ...groupLeader, cwd: site, stdio: "inherit" }));
  if (exitCode !== 0) throw new ExplainedError(`${file} ${arguments_.join(" ")} failed with exit code ${exitCode}`);
}
