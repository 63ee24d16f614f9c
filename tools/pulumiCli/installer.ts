import { execa } from "execa";
import { groupLeader, killWithParent } from "../processes";
import { cachedVersion, installIntoCache } from "./cache";
import type { CliSource } from "./source";

/** Enough for a download of about 150 MB. Without a limit, a firewall that drops packets makes the download hang. */
const timeoutMs = 3 * 60 * 1000;

const install = `
const { PulumiCommand } = require("@pulumi/pulumi/automation");
const [root, version] = process.argv.slice(1);
PulumiCommand.install({ root, version: new (require("semver").SemVer)(version) })
  .catch((error) => { console.error(error.message); process.exit(1); });
`;

/** Runs in a child process, because the Automation API's installer has no timeout and no abort signal. */
export const officialInstaller: CliSource = {
  title: "Pulumi's installer",
  async get(context) {
    context.log(
      `Installing the Pulumi CLI ${cachedVersion} with Pulumi's installer. This happens once; the result is cached.`,
    );
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
      const reason =
        Date.now() - started >= timeoutMs ? `timed out after ${timeoutMs / 60_000} minutes` : firstLine(all);
      throw new Error(`the installation failed: ${reason}`);
    });
  },
};

function firstLine(text: string): string {
  return text.split("\n").find((line) => line.trim()) ?? "the installer gave no reason";
}
