import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endProcessesWith, processesWith } from "../../tools/processes";
import type { PulumiCli } from "../../tools/pulumiCli";
import { type CliResult, type RunningCli, spawnCli } from "./cli";

const repository = resolve(__dirname, "../..");
const commandTimeoutMs = 120_000;
/** Providers end on their own a moment after the CLI. */
const hostGraceMs = 5_000;

export interface StackOptions {
  /** The project's files by name, `index.ts` among them. */
  files?: Record<string, string>;
  /** A folder to copy into the project first, such as an example's. */
  program?: string;
  /** A project that lies installed somewhere, to be used where it is; its `Pulumi.yaml` has the name `project`. */
  folder?: string;
  /** The project's name. */
  project?: string;
  /** The stack's name. */
  name?: string;
  /** Besides what the CLI needs; the tests' own MISTRAL_ and PULUMI_ variables do not get through. */
  env?: Record<string, string>;
  config?: Record<string, string | { secret: string }>;
  /** A stack whose state backend this one uses too, so that it can refer to it. */
  beside?: Stack;
}

/** A user's project in a folder of its own, with its stack and state, driven by the real CLI. */
export class Stack {
  private constructor(
    private readonly cli: PulumiCli,
    /** Everything that is this stack's own. */
    private readonly base: string,
    /** The program's folder. */
    readonly folder: string,
    /** The state backend's folder. */
    readonly stateFolder: string,
    /** The environment that the CLI gets; may be changed between two commands. */
    readonly env: NodeJS.ProcessEnv,
    /** What a `StackReference` calls it. */
    readonly reference: string,
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
      `organization/${project}/${name}`,
    );
    for (const [file, text] of Object.entries(files)) await stack.write(file, text);
    await stack.must("stack", "init", name);
    for (const [key, value] of Object.entries(config)) {
      if (typeof value === "string") await stack.config(key, value);
      else await stack.config(key, value.secret, { secret: true });
    }
    return stack;
  }

  /** Without a preview, which a test asks for by its own name. */
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

  /** Any command of the CLI; resolves whatever its exit code. */
  cmd(...args: string[]): Promise<CliResult> {
    return this.spawn(...args).result;
  }

  /** A command that is still running, to watch and to send signals to. */
  spawn(...args: string[]): RunningCli {
    const all = [...args, "--non-interactive", "--color", "never"];
    return spawnCli(this.cli.binary, all, { cwd: this.folder, env: this.env, timeoutMs: commandTimeoutMs });
  }

  /** The outputs; secrets in plain text only when asked for. */
  async outputs({ showSecrets = false } = {}): Promise<Record<string, unknown>> {
    const flags = showSecrets ? ["--show-secrets"] : [];
    return JSON.parse((await this.must("stack", "output", "--json", ...flags)).stdout);
  }

  /** The deployment as `pulumi stack export` has it. */
  async state(): Promise<Deployment> {
    return JSON.parse((await this.must("stack", "export")).stdout).deployment;
  }

  /** What the state has of a resource besides an entry that is still to be deleted; undefined when there is none. */
  async resource(name: string): Promise<ResourceState | undefined> {
    const { resources = [] } = await this.state();
    return resources.find((resource) => resource.urn.endsWith(`::${name}`) && !resource.delete);
  }

  async config(key: string, value: string, { secret = false } = {}): Promise<void> {
    await this.must("config", "set", secret ? "--secret" : "--plaintext", key, value);
  }

  /** Writes a file of the project. */
  async write(file: string, text: string): Promise<void> {
    const path = join(this.folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }

  /** Waits until the provider's host has ended by itself; fails when it has not within that time. */
  async hostEnds(withinMs: number): Promise<void> {
    const left = await this.processesAfter(withinMs, ({ command }) => command.includes("dynamic-provider"));
    if (left.length > 0) throw new Error(`The provider's host is still alive: ${left}`);
  }

  /** Ends what a killed CLI has left, such as Pulumi's own language host. */
  endProcesses(): void {
    endProcessesWith(this.mark);
  }

  /** Removes everything; fails when a provider or another process of this stack still lives. */
  async remove(): Promise<void> {
    const left = await this.processesAfter(hostGraceMs);
    this.endProcesses();
    await rm(this.base, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`Still alive after the CLI had ended: ${left}`);
  }

  private get mark(): string {
    return `PULUMI_HOME=${this.env.PULUMI_HOME}`;
  }

  /** The processes of this stack that are left after a while, described; none as soon as there is none. */
  private async processesAfter(milliseconds: number, counts = (_: { command: string }) => true): Promise<string[]> {
    const deadline = Date.now() + milliseconds;
    for (;;) {
      const left = processesWith(this.mark).filter(counts);
      if (left.length === 0 || Date.now() > deadline) return left.map(({ pid, command }) => `${pid} ${command}`);
      await sleep(100);
    }
  }

  private async must(...args: string[]): Promise<CliResult> {
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
  /** An entry of something that was replaced and is still to be deleted. */
  delete?: boolean;
}

/** What `pulumi new typescript` writes, with this repository's packages as the installed ones. */
async function writeProject(folder: string, project: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, "Pulumi.yaml"), `name: ${project}\nruntime: nodejs\n`);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: project, main: "index.ts" }));
  await writeFile(join(folder, "tsconfig.json"), await readFile(join(repository, "examples/quickstart/tsconfig.json")));
  await symlink(join(repository, "node_modules"), join(folder, "node_modules"));
}

/** The tests' own coverage stays out too: the engine kills a provider before it could write any, and the rest is Pulumi's. */
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
    // `tsc -b` has checked the types of what the tests share; a program of a few lines would take seconds each time.
    PULUMI_NODEJS_TRANSPILE_ONLY: "true",
  };
}
