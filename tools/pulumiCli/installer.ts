import { execa } from "execa";
import { groupLeader, killWithParent } from "../processes";
import { cachedVersion, installIntoCache } from "./cache";
import type { CliSource } from "./source";

/** A download of about 150 MB; where the site is not reachable at all, a firewall may leave the connection hanging. */
const timeoutMs = 3 * 60 * 1000;

const install = `
const { PulumiCommand } = require("@pulumi/pulumi/automation");
const [root, version] = process.argv.slice(1);
PulumiCommand.install({ root, version: new (require("semver").SemVer)(version) })
  .catch((error) => { console.error(error.message); process.exit(1); });
`;

/** In a process of its own: the Automation API's installer takes no time limit and no signal. */
export const officialInstaller: CliSource = {
  title: "Pulumi's own installer",
  async get(context) {
    context.log(`Getting the Pulumi CLI ${cachedVersion} with Pulumi's own installer (once; kept in the cache).`);
    return installIntoCache(context, async (root) => {
      const started = Date.now();
      const child = execa(process.execPath, ["-e", install, root, cachedVersion], {
        ...groupLeader,
        cwd: __dirname,
        env: context.env,
        extendEnv: false,
        all: true,
      });
      const { exitCode, all } = await killWithParent(child, timeoutMs);
      if (exitCode === 0) return;
      const reason = Date.now() - started >= timeoutMs ? `it took over ${timeoutMs / 60_000} minutes` : firstLine(all);
      throw new Error(`it did not get through: ${reason}`);
    });
  },
};

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim()) ?? "it gave no reason";
}
