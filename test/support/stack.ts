import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseDocument } from "yaml";
import { endProcessesWith, processesWith } from "../../tools/processes";
import type { PulumiCli } from "../../tools/pulumiCli";
import { type CliResult, type RunningCli, spawnCli } from "./cli";

const repository = resolve(__dirname, "../..");
/** Pulumi's host for dynamic providers, and the plugin. */
const HOST = /dynamic-provider|pulumi-resource-mistral/;
/** Provider hosts exit shortly after the CLI. */
const hostGraceMs = 5_000;

export interface StackOptions {
  /** The project's files by name, including `index.ts`. */
  files?: Record<string, string>;
  /** A folder to copy into the project first, such as an example's. */
  program?: string;
  /** The folder of an existing project, to use in place. Its `Pulumi.yaml` must have the name `project`. */
  folder?: string;
  /** The project's name. */
  project?: string;
  /** The stack's name. */
  name?: string;
  /** Additional environment variables. The tests' own MISTRAL_ and PULUMI_ variables are removed. */
  env?: Record<string, string>;
  config?: Record<string, string | { secret: string }>;
  /** Another stack whose state backend this stack shares, for a `StackReference` to it. */
  beside?: Stack;
  /** Time limit of each command, in milliseconds. Default two minutes; a real training can need more. */
  commandTimeoutMs?: number;
}

/** A Pulumi project in a temporary folder, with one stack and a state backend. Runs the real CLI. */
export class Stack {
  private constructor(
    private readonly cli: PulumiCli,
    /** The temporary folder of this stack. */
    private readonly base: string,
    /** The program's folder. */
    readonly folder: string,
    /** The state backend's folder. */
    readonly stateFolder: string,
    /** The environment of the CLI; may be changed between commands. */
    readonly env: NodeJS.ProcessEnv,
    private readonly project: string,
    private readonly name: string,
    private readonly commandTimeoutMs: number,
  ) {}

  static async create(cli: PulumiCli, options: StackOptions): Promise<Stack> {
    const { project = "test-project", name = "dev", program, files = {}, config = {}, env = {}, beside } = options;
    const base = await realpath(await mkdtemp(join(tmpdir(), "mistral-stack-")));
    const folder = options.folder ?? join(base, "project");
    const stateFolder = beside?.stateFolder ?? join(base, "state");
    await mkdir(stateFolder, { recursive: true });
    if (!options.folder) await writeProject(folder, project);
    if (program) await cp(program, folder, { recursive: true });

    const stack = new Stack(
      cli,
      base,
      folder,
      stateFolder,
      { ...cleanEnvironment(cli.env), ...cliSettings(base, stateFolder), ...env },
      project,
      name,
      options.commandTimeoutMs ?? 120_000,
    );
    for (const [file, text] of Object.entries(files)) await stack.write(file, text);
    await stack.run("stack", "init", name);
    for (const [key, value] of Object.entries(config)) {
      if (typeof value === "string") await stack.config(key, value);
      else await stack.config(key, value.secret, { secret: true });
    }
    return stack;
  }

  /** Runs `pulumi up` without a preview. */
  up(...args: string[]): Promise<CliResult> {
    return this.cmd("up", "--yes", "--skip-preview", ...args);
  }

  preview(...args: string[]): Promise<CliResult> {
    return this.cmd("preview", ...args);
  }

  refresh(...args: string[]): Promise<CliResult> {
    return this.cmd("refresh", "--yes", "--skip-preview", ...args);
  }

  destroy(...args: string[]): Promise<CliResult> {
    return this.cmd("destroy", "--yes", "--skip-preview", ...args);
  }

  /** Runs a CLI command. Resolves with any exit code. */
  cmd(...args: string[]): Promise<CliResult> {
    return this.spawn(...args).result;
  }

  /** Starts a CLI command, to watch its output and send signals. */
  spawn(...args: string[]): RunningCli {
    const all = [...args, "--non-interactive", "--color", "never"];
    return spawnCli(this.cli.binary, all, { cwd: this.folder, env: this.env, timeoutMs: this.commandTimeoutMs });
  }

  /** Returns the stack outputs. Secrets are hidden unless `showSecrets` is set. */
  async outputs({ showSecrets = false } = {}): Promise<Record<string, unknown>> {
    const flags = showSecrets ? ["--show-secrets"] : [];
    return JSON.parse((await this.run("stack", "output", "--json", ...flags)).stdout);
  }

  /** Returns the deployment from `pulumi stack export`. */
  async state(): Promise<Deployment> {
    return JSON.parse((await this.run("stack", "export")).stdout).deployment;
  }

  /** Returns a resource of the state by name; undefined when it is missing. Ignores replaced entries that are pending deletion. */
  async resource(name: string): Promise<ResourceState | undefined> {
    const { resources = [] } = await this.state();
    return resources.find((resource) => resource.urn.endsWith(`::${name}`) && !resource.delete);
  }

  /** The name of the stack in a `StackReference`. */
  get reference(): string {
    return `organization/${this.project}/${this.name}`;
  }

  /** Sets a value of the stack's config. A plain value of a provider is written to the config file, since each run of the CLI takes a second. */
  async config(key: string, value: string, { secret = false } = {}): Promise<void> {
    const hasNamespace = key.includes(":");
    if (hasNamespace && !secret) await setConfig(join(this.folder, `Pulumi.${this.name}.yaml`), key, value);
    else await this.run("config", "set", secret ? "--secret" : "--plaintext", key, value);
  }

  /** Writes a file of the project. */
  async write(file: string, text: string): Promise<void> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Waits until the provider host has exited on its own. Fails when the host is still running after `withinMs`. */
  async hostEnds(withinMs: number): Promise<void> {
    const left = await this.processesAfter(withinMs, ({ command }) => HOST.test(command));
    if (left.length > 0) throw new Error(`The provider host is still running: ${left}`);
  }

  /** Kills the processes that a killed CLI left behind, such as Pulumi's language host. */
  endProcesses(): void {
    endProcessesWith(this.mark);
  }

  /** Removes the stack's folder. Fails when a process of this stack is still running. */
  async remove(): Promise<void> {
    const left = await this.processesAfter(hostGraceMs);
    this.endProcesses();
    await rm(this.base, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`Still running after the CLI ended: ${left}`);
  }

  private get mark(): string {
    return `PULUMI_HOME=${this.env.PULUMI_HOME}`;
  }

  /** Waits until this stack has no processes. After a timeout, returns descriptions of those still running. */
  private async processesAfter(milliseconds: number, filter = (_: { command: string }) => true): Promise<string[]> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const left = processesWith(this.mark).filter(filter);
      if (left.length === 0 || Date.now() > deadline) return left.map(({ pid, command }) => `${pid} ${command}`);
      await sleep(100);
    }
  }

  private async run(...args: string[]): Promise<CliResult> {
    const result = await this.cmd(...args);
    if (result.code !== 0) throw new Error(`\`pulumi ${args.join(" ")}\` failed:\n${result.output}`);
    return result;
  }
}

/** The part of a stack's state that tests read. */
export interface Deployment {
  resources?: ResourceState[];
  pending_operations?: { type: string }[];
}

export interface ResourceState {
  urn: string;
  type: string;
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
  /** True for an entry that was replaced and is pending deletion. */
  delete?: boolean;
}

/** Sets a value in a stack's config file, as `pulumi config set --plaintext` does. */
async function setConfig(file: string, key: string, value: string): Promise<void> {
  const document = parseDocument(await readFile(file, "utf8").catch(() => ""));
  document.setIn(["config", key], value);
  await writeFile(file, document.toString());
}

/** Writes a project like `pulumi new typescript`. Its `node_modules` is a link to this repository's packages. */
async function writeProject(folder: string, project: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: project, main: "index.ts" }));
  await writeFile(join(folder, "tsconfig.json"), await readFile(join(repository, "examples/quickstart/tsconfig.json")));
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
}

/**
 * Removes the variables of the tests. Coverage is off as well: the engine kills a provider before it can write any, and the other
 * processes belong to Pulumi.
 */
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(MISTRAL_|PULUMI_|NODE_V8_COVERAGE$)/.test(name)),
  );
}

function cliSettings(base: string, stateFolder: string): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${stateFolder}`,
    PULUMI_HOME: join(base, "home"),
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Type checks would take seconds for each command. `tsc -b` has already checked the packages.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}
