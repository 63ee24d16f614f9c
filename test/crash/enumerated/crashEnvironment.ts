import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MistralClient } from "../../../provider/src/client";
import type { PulumiCli } from "../../../tools/pulumiCli";
import type { CliResult, RunningCli } from "../../support/cli";
import { sample } from "../../support/samples";
import { TestServer } from "../../support/server";
import { type Deployment, Stack } from "../../support/stack";
import { TestProxy } from "../../support/testProxy";
import type { Properties } from "../properties";
import { type HostName, testedHosts } from "../testedHost";
import { type Declared, type Operation, type StartState, startStates } from "./operations";
import { Program } from "./program";

/** Simulated seconds per real second. At this speed, 20 steps take a quarter of a second, and a million steps take hours. */
const SPEED = 200;
const PROJECT = "crash";
/** Finds the plugin. The dynamic host needs no entry. */
const projectFile = `
name: ${PROJECT}
runtime: nodejs
plugins:
  providers:
    - name: mistral
      path: node_modules/.bin
`;

/**
 * A stack with its program, a proxy and a server. `prepare` resets all of them to the start state of an operation. Environments are independent, so
 * they can run in parallel.
 */
export class CrashEnvironment {
  private readonly saved = new Set<StartState>();

  private constructor(
    private readonly base: string,
    readonly host: HostName,
    private readonly stack: Stack,
    private readonly program: Program,
    readonly proxy: TestProxy,
    private readonly server: TestServer,
  ) {}

  static async create(cli: PulumiCli, host: HostName): Promise<CrashEnvironment> {
    const base = await mkdtemp(join(tmpdir(), "mistral-crash-"));
    const proxy = await TestProxy.start();
    const stack = await Stack.create(cli, {
      project: PROJECT,
      files: { "Pulumi.yaml": projectFile, "train.jsonl": sample("What?"), "validation.jsonl": sample("Why?") },
      config: { "mistral:baseUrl": proxy.url() },
    });
    const server = await TestServer.start({ dataFolder: join(base, "data"), speed: SPEED });
    proxy.target = server.url;
    const environment = new CrashEnvironment(base, host, stack, await Program.start(), proxy, server);
    await environment.save("empty");
    return environment;
  }

  /** A client that talks to the server directly, not through the proxy. */
  get client(): MistralClient {
    return new MistralClient({ baseUrl: this.server.url });
  }

  /** Resets the stack, the server's data and the program to the start state of an operation. */
  async prepare({ startState, declared }: Operation): Promise<void> {
    if (!this.saved.has(startState)) await this.create(startState);
    await this.restore(startState);
    this.declare(declared ?? startStates[startState]?.declared);
  }

  /** Starts a CLI command. `pulumi up` runs the program of this environment. */
  spawn(...command: string[]): RunningCli {
    return this.stack.spawn(...command, ...(command[0] === "up" ? this.program.flags : []));
  }

  /** Runs a CLI command. Resolves with any exit code. */
  cmd(...command: string[]): Promise<CliResult> {
    return this.spawn(...command).result;
  }

  /** Kills the CLI, its provider hosts and all other processes that it started. */
  endProcesses(): void {
    this.stack.endProcesses();
  }

  /** Waits until the provider host has exited on its own. Fails when the host is still running after `withinMs`. */
  hostEnds(withinMs: number): Promise<void> {
    return this.stack.hostEnds(withinMs);
  }

  /** Whether a killed CLI left the lock of the stack. */
  async isLocked(): Promise<boolean> {
    const locks = join(this.stack.stateFolder, ".pulumi/locks");
    const files = await readdir(locks, { recursive: true, withFileTypes: true }).catch(() => []);
    return files.some((file) => file.isFile());
  }

  /** Kills the server and restarts it with the same data on another port. */
  async crashServer(): Promise<void> {
    await this.server.kill();
    await this.startServer();
  }

  /** Reads the deployment from the state file, since `pulumi stack export` takes a second. */
  async state(): Promise<Deployment> {
    const file = join(this.stack.stateFolder, `.pulumi/stacks/${PROJECT}/dev.json`);
    return JSON.parse(await readFile(file, "utf8")).checkpoint.latest ?? {};
  }

  /** Stops the server and the proxy, and removes all files. */
  async remove(): Promise<void> {
    await this.server.kill();
    await this.proxy.stop();
    this.program.stop();
    await rm(this.base, { recursive: true, force: true });
    await this.stack.remove();
  }

  private declare(declared: Declared | undefined): void {
    const { tokenOf, addedInputs } = testedHosts[this.host];
    const job = declared && {
      name: "bot",
      token: tokenOf("FineTuningJob"),
      inputs: async (urn: string) => ({ ...declared.job, ...(await addedInputs(urn)) }),
    };
    const approval = declared?.approval && {
      name: "prod",
      token: tokenOf("ModelApproval"),
      inputs: async (urn: string, { bot }: Record<string, Properties>) => ({
        jobId: bot?.jobId,
        ...declared.approval,
        ...(await addedInputs(urn, "ModelApproval")),
      }),
    };
    this.program.declarations = [job, approval].filter((each) => each !== undefined);
  }

  private async startServer(): Promise<void> {
    await this.server.start({ samePort: false });
    this.proxy.target = this.server.url;
  }

  private async create(startState: StartState): Promise<void> {
    await this.restore("empty");
    this.proxy.route("");
    this.declare(startStates[startState]?.declared);
    const { code, output } = await this.cmd("up", "--yes", "--skip-preview");
    if (code !== 0) throw new Error(`\`pulumi up\` for the start state "${startState}" failed:\n${output}`);
    await this.save(startState);
  }

  private async save(startState: StartState): Promise<void> {
    await this.server.terminate();
    for (const [folder, copy] of this.foldersOf(startState)) await cp(folder, copy, { recursive: true });
    this.saved.add(startState);
    await this.startServer();
  }

  private async restore(startState: StartState): Promise<void> {
    await this.server.kill();
    for (const [folder, copy] of this.foldersOf(startState)) {
      await rm(folder, { recursive: true, force: true });
      await cp(copy, folder, { recursive: true });
    }
    await this.startServer();
  }

  private foldersOf(startState: StartState): [folder: string, copy: string][] {
    return [
      [this.stack.stateFolder, join(this.base, startState, "state")],
      [join(this.base, "data"), join(this.base, startState, "data")],
    ];
  }
}
