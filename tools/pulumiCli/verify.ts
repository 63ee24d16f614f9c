import { access, constants, realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import semver from "semver";
import which from "which";

/** A Pulumi CLI that runs and has a language host for Node.js. */
export interface PulumiCli {
  /** The executable's absolute path. */
  binary: string;
  version: string;
  /** The environment for the CLI. The CLI's folder comes first on PATH, because the CLI finds its language hosts there. */
  env: NodeJS.ProcessEnv;
}

/** The oldest supported release. Older ones are untested. */
export const minimumVersion = "3.200.0";

/** Checks the version and the language host of a CLI. Throws an `Error` with the reason when the CLI is not usable. */
export async function verify(binary: string, env: NodeJS.ProcessEnv): Promise<PulumiCli> {
  const version = await versionOf(binary, env);
  if (semver.lt(version, minimumVersion)) {
    throw new Error(`${binary} is version ${version}; ${minimumVersion} or later is required`);
  }
  const folder = dirname(binary);
  // An installed `pulumi` may be a link into the folder that contains its language hosts.
  const path = [folder, dirname(await realpath(binary)), env.PATH ?? ""].join(delimiter);
  if (!(await which("pulumi-language-nodejs", { path, nothrow: true }))) {
    throw new Error(
      `${binary} has no language host for Node.js: pulumi-language-nodejs is neither in its folder nor on PATH`,
    );
  }
  return { binary, version, env: { ...env, PATH: [folder, env.PATH ?? ""].join(delimiter) } };
}

/** Verifies the CLI that this project installed into `root/bin`. */
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
  if (!version) throw new Error(`\`${binary} version\` ${failed ? `failed: ${shortMessage}` : "printed no version"}`);
  return version.version;
}
