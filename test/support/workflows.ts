import assert from "node:assert/strict";
import { execa } from "execa";
import { parse } from "yaml";
import { groupLeader, killWithParent } from "../../tools/processes";

const timeoutMs = 3 * 60_000;

export interface JobOptions {
  /** The checkout, with its `node_modules`. */
  cwd: string;
  /** The runner's environment. */
  env: NodeJS.ProcessEnv;
}

/** The step that installs the packages. A test links to this repository's packages instead. */
const INSTALL = "npm ci";
/** The condition of a step that also runs after a failure. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: GitHub evaluates it
const ALWAYS = "${{ !cancelled() }}";

interface GitHubStep {
  uses?: string;
  with?: Record<string, unknown>;
  run?: string;
  if?: string;
  env?: Record<string, string>;
}

interface GitHubJob {
  env?: Record<string, string>;
  steps: GitHubStep[];
}

/** Returns a job of a GitHub Actions workflow. */
export function githubJob(workflow: string, name: string): GitHubJob {
  const job = parse(workflow).jobs[name];
  assert.ok(job, `the workflow has no job ${name}`);
  return job;
}

/**
 * Runs the `run` steps of a job in the way GitHub does. Skips actions (`uses`) and the installation of packages.
 *
 * @param context values of expressions such as `secrets.MISTRAL_API_KEY`; a missing secret is an empty string
 */
export async function runGitHubJob(
  { env = {}, steps }: GitHubJob,
  { cwd, env: runner }: JobOptions,
  context: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  let code = 0;
  let output = "";
  for (const step of steps) {
    assert.ok(step.if === undefined || step.if === ALWAYS, `unknown condition: ${step.if}`);
    if (step.run === undefined || step.run === INSTALL || (code !== 0 && step.if === undefined)) continue;
    const values = Object.entries({ ...env, ...step.env }).map(([key, value]) => [key, evaluated(value, context)]);
    const result = await bash(["-e", "-c", step.run], { cwd, env: { ...runner, ...Object.fromEntries(values) } });
    code ||= result.code;
    output += result.output;
  }
  return { code, output };
}

function evaluated(text: unknown, context: Record<string, string>): string {
  return String(text).replace(/\$\{\{ ([\w.]+) \}\}/g, (_, expression: string) => {
    const value = context[expression];
    assert.ok(value !== undefined || expression.startsWith("secrets."), `no value for ${expression}`);
    return value ?? "";
  });
}

/** Runs the `script` of a GitLab job in the way GitLab does, without the installation of packages and `after_script`. */
export async function runGitLabJob(
  pipeline: string,
  name: string,
  { cwd, env }: JobOptions,
): Promise<{ code: number; output: string }> {
  const { variables = {}, [name]: job } = parse(pipeline);
  assert.ok(job, `the pipeline has no job ${name}`);
  const script = job.script.filter((line: string) => line !== INSTALL).join("\n");
  return bash(["-eo", "pipefail", "-c", script], { cwd, env: { ...env, ...variables, ...job.variables } });
}

async function bash(args: string[], options: JobOptions): Promise<{ code: number; output: string }> {
  const child = execa("bash", args, { ...groupLeader, ...options, extendEnv: false, stdin: "ignore", all: true });
  const { exitCode, all } = await killWithParent(child, timeoutMs);
  return { code: exitCode ?? -1, output: all };
}
