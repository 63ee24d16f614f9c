import { access, constants, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import semver from "semver";
import which from "which";

/** A Pulumi CLI that was seen to run and has what it needs for a Node.js program. */
export interface PulumiCli {
  /** The executable's absolute path. */
  binary: string;
  version: string;
  /** The environment to run it in: its own folder comes first on PATH, where it looks for its language hosts. */
  env: NodeJS.ProcessEnv;
}

/** Releases older than this were never tried with the package; about a year of them is enough to support. */
export const minimumVersion = "3.200.0";

/** Runs `pulumi version`, and says what is wrong with this CLI by throwing. */
export async function verify(binary: string, env: NodeJS.ProcessEnv): Promise<PulumiCli> {
  const version = await versionOf(binary, env);
  if (semver.lt(version, minimumVersion)) {
    throw new Error(`${binary} is version ${version}, and at least ${minimumVersion} is needed`);
  }
  const folder = dirname(binary);
  // An installed `pulumi` may be a link into the folder where its language hosts lie.
  const path = [folder, dirname(await realpath(binary)), env.PATH ?? ""].join(delimiter);
  if (!(await which("pulumi-language-nodejs", { path, nothrow: true }))) {
    throw new Error(`${binary} has no language host for Node.js (pulumi-language-nodejs) beside it or on PATH`);
  }
  return { binary, version, env: { ...env, PATH: [folder, env.PATH ?? ""].join(delimiter) } };
}

/** The CLI of a folder that this project filled itself: `bin/` under `root`. */
export async function verifyInstalled(root: string, env: NodeJS.ProcessEnv): Promise<PulumiCli> {
  const binary = join(root, "bin", process.platform === "win32" ? "pulumi.exe" : "pulumi");
  await access(binary, constants.X_OK).catch(() => {
    throw new Error(`${binary} is missing or not executable`);
  });
  return verify(binary, env);
}

async function versionOf(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout, failed, shortMessage } = await execa(binary, ["version"], {
    env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" },
    extendEnv: false,
    reject: false,
    timeout: 60_000,
  });
  const version = failed ? null : semver.parse(stdout);
  if (!version) throw new Error(`${binary} does not answer \`pulumi version\`${failed ? ` (${shortMessage})` : ""}`);
  return version.version;
}
