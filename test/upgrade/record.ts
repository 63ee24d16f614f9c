import { access, cp, mkdtemp, readFile, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import Database from "libsql";
import { type EmbeddedServer, startEmbeddedServer } from "../../tools/embeddedServer";
import { ExplainedError, runMain } from "../../tools/main";
import { signalGroup } from "../../tools/processes";
import { findOrGetPulumi, type PulumiCli } from "../../tools/pulumiCli";
import { Stack } from "../support/stack";
import { Api } from "./api";
import { filesIn, type Recording, saveFixture } from "./saveFixture";
import {
  API_KEY,
  FIXTURES,
  PROJECT,
  PROJECTS,
  type StackName,
  serverOptions,
  TRAINER_KINDS,
  type TrainerKind,
} from "./trainerKinds";

/** The step at which the running training is interrupted: after some checkpoints, and long before the last step. */
const INTERRUPTED_STEP = 12;

const [checkoutArgument, release] = process.argv.slice(2);

runMain(async () => {
  if (checkoutArgument === undefined || release === undefined) {
    throw new ExplainedError("Usage: node -r ts-node/register/transpile-only test/upgrade/record.ts CHECKOUT RELEASE");
  }
  const checkout = resolve(checkoutArgument);
  if (!(await exists(join(checkout, "server/dist")))) {
    throw new ExplainedError(`${checkout} is not built. Run \`npm ci && npm run build\` in this folder.`);
  }
  const cli = await findOrGetPulumi();
  for (const trainerKind of TRAINER_KINDS) {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "upgrade-recording-")));
    try {
      const recording = await record(cli, checkout, trainerKind, folder);
      await saveFixture(join(FIXTURES, release, trainerKind), recording);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
});

/** Records the project of one trainer kind in a folder, with the packages of a checkout. */
async function record(cli: PulumiCli, checkout: string, trainerKind: TrainerKind, folder: string): Promise<Recording> {
  const project = join(folder, "project");
  const data = join(folder, "data");
  await cp(join(PROJECTS, trainerKind), project, { recursive: true });
  await symlink(join(checkout, "node_modules"), join(project, "node_modules"));
  const bin = join(checkout, "server/bin/mistral-fine-tuning-server.js");
  const server = await startEmbeddedServer(data, serverOptions(trainerKind, project), { bin });
  const stacks: Stack[] = [];
  const key = API_KEY[trainerKind];
  const config = { "mistral:baseUrl": server.url, ...(key !== undefined && { "mistral:apiKey": { secret: key } }) };
  const createStack = async (name: StackName) => {
    const stack = await Stack.create(cli, { folder: project, project: PROJECT, name, config });
    stacks.push(stack);
    return stack;
  };
  try {
    // Record the failed job first, because the running job ends soon after it starts.
    const failed = await recordFailed(await createStack("failed"));
    const main = await recordMain(await createStack("main"), trainerKind, new Api(server.url, key));
    return { folder, checkout, url: server.url, states: { main, failed } };
  } finally {
    await (trainerKind === "simulated" ? stop(server, data) : crash(server, data));
    for (const stack of stacks) {
      await stack.remove();
    }
  }
}

async function recordFailed(stack: Stack): Promise<string> {
  const { code, output } = await stack.up();
  if (code === 0 || !output.includes("FAILED")) throw new Error(`The job did not fail:\n${output}`);
  return exportState(stack);
}

/** Waits until all jobs except `running` have finished, then interrupts the wait for `running`. */
async function recordMain(stack: Stack, trainerKind: TrainerKind, api: Api): Promise<string> {
  const finished = await stack.up("--exclude", "**::running");
  if (finished.code !== 0) throw new Error(finished.output);

  const up = stack.spawn("up", "--yes", "--skip-preview");
  await up.waitFor(/running .*RUNNING: step \d+ of/);
  if (trainerKind === "process") {
    const { data } = await api.get("/v1/fine_tuning/jobs?suffix=sums");
    await api.untilJob(data[0].id, (job) => job.metadata.current_step >= INTERRUPTED_STEP);
  }
  up.signal("SIGINT");
  const { output } = await up.result;
  const status = (await stack.resource("running"))?.outputs?.status;
  if (status !== "RUNNING") throw new Error(`The interrupted job is ${status} in the state:\n${output}`);
  return exportState(stack);
}

/** Exports the state with secrets in plain text, because a secret may contain the server's URL, which differs in each test. */
async function exportState(stack: Stack): Promise<string> {
  const { code, stdout, output } = await stack.cmd("stack", "export", "--show-secrets");
  if (code !== 0) throw new Error(output);
  return stdout;
}

/** Stops a server with SIGTERM, and moves all data from the WAL into the database. */
async function stop(server: EmbeddedServer, data: string): Promise<void> {
  await server.stop();
  const database = new Database(join(data, "server.db"));
  database.pragma("wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Kills a server and its trainings to imitate a power failure: the WAL remains, and no `exit.json` is written. */
async function crash(server: EmbeddedServer, data: string): Promise<void> {
  await server.stop("SIGKILL");
  const attempts = (await filesIn(join(data, "runs"))).filter((path) => path.endsWith("/attempt.json"));
  for (const path of attempts) {
    if (await exists(join(dirname(path), "exit.json"))) continue;
    signalGroup(JSON.parse(await readFile(path, "utf8")).pid, "SIGKILL");
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
