import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { startEmbeddedServer } from "./embeddedServer";
import { ExplainedError } from "./main";
import { buildPage } from "./page/buildPage";
import { endProcessesWith, groupLeader, killWithParent, processesWith } from "./processes";
import { findOrGetPulumi, type PulumiCli } from "./pulumiCli";
import { passSignalsTo } from "./signals";

/** The repository, whose `Pulumi.yaml` is the project. */
export const root = resolve(__dirname, "..");
/** The folder where `npm start` stores the stack's state, Pulumi's own files and the embedded server's data. Git ignores it. */
export const localFolder = join(root, ".pulumi-local");
export const stack = "local";

export interface LocalProject {
  cli: PulumiCli;
  /** The environment variables that Pulumi needs for this state, for running commands by hand. */
  settings: Record<string, string>;
  baseUrl: string;
  /** False when the server is the user's own, from MISTRAL_BASE_URL. */
  embeddedServer: boolean;
  /** Runs a command on the stack in this terminal; resolves to its exit code. */
  pulumi(...args: string[]): Promise<number>;
  /** Runs a command without a terminal. Resolves to its stdout; throws when the command fails. */
  runCaptured(...args: string[]): Promise<string>;
}

/**
 * Prepares a Pulumi command on the root project: builds the packages, finds a CLI, starts a server, and selects a stack in a local
 * state folder. Ends all processes that it started afterwards.
 */
export async function withLocalProject(work: (project: LocalProject) => Promise<void>): Promise<void> {
  await buildPackages();
  const cli = await findOrGetPulumi();
  const settings = {
    PULUMI_BACKEND_URL: `file://${join(localFolder, "state")}`,
    PULUMI_HOME: join(localFolder, "home"),
    // This stack has no secrets, so the passphrase does not protect anything.
    PULUMI_CONFIG_PASSPHRASE: "local",
  };
  await mkdir(join(localFolder, "state"), { recursive: true });

  const ownServer = process.env.MISTRAL_BASE_URL;
  const server = ownServer ? undefined : await startEmbeddedServer(join(localFolder, "server"));
  const baseUrl = server?.url ?? ownServer ?? "";
  /** Marks the processes of this run. PULUMI_HOME is not unique, because the parent shell may have it too. */
  const run = { PULUMI_MISTRAL_RUN: randomUUID() };
  const options = {
    ...groupLeader,
    cwd: root,
    env: { ...cli.env, ...settings, ...run, PULUMI_SKIP_UPDATE_CHECK: "true", MISTRAL_BASE_URL: baseUrl },
  } as const;

  async function pulumi(...args: string[]): Promise<number> {
    const child = killWithParent(execa(cli.binary, [...args, "--stack", stack], { ...options, stdio: "inherit" }));
    const stopPassing = passSignalsTo(child.pid);
    const { exitCode } = await child;
    stopPassing();
    return exitCode ?? 1;
  }

  async function runCaptured(...args: string[]): Promise<string> {
    const child = killWithParent(
      execa(cli.binary, [...args, "--stack", stack, "--non-interactive"], { ...options, all: true }),
    );
    const { exitCode, stdout, all } = await child;
    if (exitCode !== 0) throw new ExplainedError(`\`pulumi ${args.join(" ")}\` failed.\n${all}`);
    return stdout;
  }

  try {
    await dropAbandonedLock(settings.PULUMI_HOME);
    await runCaptured("stack", "select", "--create");
    await work({ cli, settings, baseUrl, embeddedServer: server !== undefined, pulumi, runCaptured });
  } finally {
    await server?.stop();
    // A killed CLI leaves its provider running.
    endProcessesWith(`PULUMI_MISTRAL_RUN=${run.PULUMI_MISTRAL_RUN}`);
  }
}

/** Removes the lock that a killed CLI left behind. Safe because no other process uses this state folder. */
async function dropAbandonedLock(home: string): Promise<void> {
  const unused = process.platform === "linux" && processesWith(`PULUMI_HOME=${home}`).length === 0;
  if (unused) await rm(join(localFolder, "state/.pulumi/locks"), { recursive: true, force: true });
}

async function buildPackages(): Promise<void> {
  console.log("Compiling the packages.");
  const options = { ...groupLeader, cwd: root, preferLocal: true, stdio: "inherit" } as const;
  const { exitCode } = await killWithParent(execa("tsc", ["-b", "provider", "server"], options));
  if (exitCode !== 0) throw new ExplainedError("The packages do not compile: see the messages of tsc above.");
  await buildPage();
}
