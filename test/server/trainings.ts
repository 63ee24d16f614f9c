import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually";
import { TestServer } from "../support/server";
import { Api, folder, type Json, removeFolders } from "./support";

export const SECRET = "secret-github-token";
export const REPOSITORIES = [{ owner: "o", name: "r", token: SECRET }];

/** The training program that these tests use. */
export const FAKE = join(__dirname, "recipes/fake.js");

/** A training program that also has the commands `capabilities`, `plan` and `show`. It trains like `FAKE`. */
const FAKE_PLANNER = join(__dirname, "recipes/fakePlanner.js");

/** A server in a child process, which trains with the fake recipe. Each test must call `stop`. */
export class TrainingServer {
  readonly dataDir = folder();
  private readonly models = join(folder(), "models.json");
  private readonly plannerSettings = join(folder(), "planner.json");
  private server: TestServer | undefined;

  /** @param models settings of the fake recipe by model name */
  constructor(models: Record<string, object> = {}) {
    const entries = Object.entries({ "open-mistral-7b": {}, ...models });
    const allModels = Object.fromEntries(entries.map(([name, settings]) => [name, { path: "./base", ...settings }]));
    writeFileSync(this.models, JSON.stringify({ models: allModels }));
  }

  start(...args: string[]): Promise<Api> {
    return this.startIn([], ...args);
  }

  /** Starts the server with the fake program that plans. @param capabilities what the program declares */
  startPlanner(capabilities: object = {}, ...args: string[]): Promise<Api> {
    writeFileSync(this.plannerSettings, JSON.stringify({ version: 1, plan: true, ...capabilities }));
    return this.start("--recipe", `'${process.execPath}' '${FAKE_PLANNER}' '${this.plannerSettings}'`, ...args);
  }

  /** Returns the commands that the planning program has received, in chronological order: `plan <job id>`. */
  plannerCommands(): string[] {
    const path = `${this.plannerSettings}.commands`;
    return existsSync(path) ? readFileSync(path, "utf8").trim().split("\n") : [];
  }

  /** @param wrapper see `LaunchOptions` */
  async startIn(wrapper: string[], ...args: string[]): Promise<Api> {
    const recipe = `'${process.execPath}' '${FAKE}'`;
    const options = ["--trainer", "process", "--models", this.models, "--recipe", recipe, ...args];
    this.server = await TestServer.start({ dataFolder: this.dataDir, args: options, wrapper });
    return new Api(this.server.url);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    await this.server?.terminate(signal);
    this.server = undefined;
  }

  /** The process ID of the server. */
  get pid(): number {
    return (this.server as TestServer).pid;
  }

  path(jobId: string, name = ""): string {
    return join(this.dataDir, "runs", jobId, name);
  }

  /** Waits for the latest runner of a job. Returns its process id, which is also the process group id. */
  group(jobId: string): Promise<number> {
    return eventually("an attempt", async () => this.attempt(jobId)?.pid);
  }

  attempt(jobId: string): Json {
    const path = this.path(jobId, "attempt.json");
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  }

  /** Returns the process ids of the training programs that started, in chronological order. */
  programs(jobId: string): number[] {
    return readFileSync(this.path(jobId, "attempts.txt"), "utf8").trim().split("\n").map(Number);
  }

  /** Kills the server and all trainings, and waits until their processes have ended. */
  async stop(): Promise<void> {
    await this.kill();
    const runs = join(this.dataDir, "runs");
    const ids = existsSync(runs) ? readdirSync(runs) : [];
    for (const id of ids) {
      // A runner that is about to start checks for this file.
      writeFileSync(this.path(id, "cancel"), "");
    }
    for (const id of ids) {
      const pid = this.attempt(id)?.pid;
      if (pid !== undefined)
        await eventually(`the end of process group ${pid}`, () => !killGroup(pid), { everyMs: 10 });
    }
  }
}

/** Provides a server for each test of a `describe` block and stops it after the test. */
export function withTrainings() {
  let current: TrainingServer;
  beforeEach(function () {
    // Each test starts several programs, which is slow on a busy machine.
    this.currentTest?.timeout(this.currentTest.timeout() * 3);
  });
  afterEach(async () => {
    await current.stop();
    await TestServer.killAll();
    removeFolders();
  });
  return {
    /** The server of the current test. */
    get server(): TrainingServer {
      return current;
    },
    create(models: Record<string, object> = {}): TrainingServer {
      current = new TrainingServer(models);
      return current;
    },
    start(models: Record<string, object> = {}, ...args: string[]): Promise<Api> {
      return this.create(models).start(...args);
    },
  };
}

/** Whether a process group has processes that can receive a signal. */
export function isRunning(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

/** @returns false when the group has no processes */
function killGroup(group: number): boolean {
  try {
    return process.kill(-group, "SIGKILL");
  } catch {
    return false;
  }
}

/** Waits until a process group has no processes. */
export async function waitUntilGroupEnded(group: number): Promise<void> {
  await eventually(`the end of process group ${group}`, async () => (isRunning(group) ? undefined : true));
}

/** Asserts that a job succeeded, that no two programs ran at once, and that each step and checkpoint exists once. */
export function assertTrained(job: Json, steps: number): void {
  assert.equal(job.status, "SUCCESS", JSON.stringify(job.events[0]));
  assert.deepEqual([job.metadata.current_step, job.metadata.progress_percentage], [steps, 100]);
  assert.equal(job.events.filter((event: Json) => event.data.status === "SUCCESS").length, 1);
  assert.ok(!job.events.some((event: Json) => event.name === "two programs at once"));
  const checkpoints = job.checkpoints.map((each: Json) => each.step_number);
  assert.deepEqual(checkpoints, Array.from({ length: Math.floor(steps / 2) }, (_, index) => 2 * (index + 1)).reverse());
}
