import { execa, type Options } from "execa";
import { groupLeader, killWithParent } from "../../tools/processes";

/** An installation usually takes seconds. The limit allows for a slow registry. */
const timeoutMs = 5 * 60_000;

/**
 * The environment of an installation. It keeps the user's settings, such as a registry. It leaves out the variables in which
 * `npm test` describes this repository, and the coverage setting, which would measure npm.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|config_local_prefix)|INIT_CWD$|NODE_V8_COVERAGE$)/.test(name),
  ),
);

/** Runs a command in a folder. Resolves to its stdout. The error of a failed command contains all of its output. */
export async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  return runWith({}, cwd, file, ...args);
}

/** Like `run`, with additional environment variables. */
export async function runWith(env: NodeJS.ProcessEnv, cwd: string, file: string, ...args: string[]): Promise<string> {
  return (await outputOf(env, cwd, file, ...args)).stdout;
}

/** Like `runWith`. Resolves to stdout alone, and to stdout and stderr together. */
export async function outputOf(env: NodeJS.ProcessEnv, cwd: string, file: string, ...args: string[]) {
  const options = { ...groupLeader, cwd, env: { ...environment, ...env }, extendEnv: false } satisfies Options;
  const child = execa(file, args, { ...options, stdin: "ignore", all: true });
  const { exitCode, stdout, all, shortMessage } = await killWithParent(child, timeoutMs);
  if (exitCode !== 0) throw new Error(`\`${[file, ...args].join(" ")}\` failed: ${shortMessage}\n${all}`);
  return { stdout, all };
}
