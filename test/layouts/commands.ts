import { execa, type Options } from "execa";
import { groupLeader, killWithParent } from "../../tools/processes";

/** An installation takes seconds, unless the registry is slow today. */
const timeoutMs = 5 * 60_000;

/**
 * What an installation gets of this process's environment: not what `npm test` says of this repository, nor the coverage,
 * which would be npm's; but the user's settings, such as a registry.
 */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|config_local_prefix)|INIT_CWD$|NODE_V8_COVERAGE$)/.test(name),
  ),
);

/** Runs a command in a folder and gives what it wrote to stdout; fails with all that it wrote. */
export async function run(cwd: string, file: string, ...args: string[]): Promise<string> {
  return runWith({}, cwd, file, ...args);
}

/** The same with more of an environment. */
export async function runWith(env: NodeJS.ProcessEnv, cwd: string, file: string, ...args: string[]): Promise<string> {
  return (await outputOf(env, cwd, file, ...args)).stdout;
}

/** The same; gives stdout alone, and stdout and stderr together. */
export async function outputOf(env: NodeJS.ProcessEnv, cwd: string, file: string, ...args: string[]) {
  const options = { ...groupLeader, cwd, env: { ...environment, ...env }, extendEnv: false } satisfies Options;
  const child = execa(file, args, { ...options, stdin: "ignore", all: true });
  const { exitCode, stdout, all, shortMessage } = await killWithParent(child, timeoutMs);
  if (exitCode !== 0) throw new Error(`\`${[file, ...args].join(" ")}\` failed: ${shortMessage}\n${all}`);
  return { stdout, all };
}
