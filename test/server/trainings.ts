import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "../support/eventually";
import { end, killProcesses, startProcess } from "./process";
import { Api, folder, type Json, removeFolders } from "./support";

export const SECRET = "github-token-that-nobody-may-see";
export const REPOSITORIES = [{ owner: "o", name: "r", token: SECRET }];

/** The training program of these tests. */
export const FAKE = join(__dirname, "recipes/fake.js");

/** A server of its own process that trains with the fake recipe. Each test ends what it began with `stop`. */
export class TrainingServer {
  readonly dataDir = folder();
  private readonly models = join(folder(), "models.json");
  private server: Awaited<ReturnType<typeof startProcess>> | undefined;

  /** @param models the fake recipe's settings by the names of models */
  constructor(models: Record<string, object> = {}) {
    const entries = Object.entries({ "open-mistral-7b": {}, ...models });
    const all = Object.fromEntries(entries.map(([name, settings]) => [name, { path: "./base", ...settings }]));
    writeFileSync(this.models, JSON.stringify({ models: all }));
  }

  start(...args: string[]): Promise<Api> {
    return this.startIn([], ...args);
  }

  /** @param around see `startProcess` */
  async startIn(around: string[], ...args: string[]): Promise<Api> {
    const recipe = `'${process.execPath}' '${FAKE}'`;
    const options = ["--trainer", "process", "--models", this.models, "--recipe", recipe, "--data", this.dataDir];
    this.server = await startProcess([...options, ...args], {}, around);
    return new Api(this.server.url);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.server !== undefined) {
      await end(this.server.child, signal);
      this.server = undefined;
    }
  }

  path(jobId: string, name = ""): string {
    return join(this.dataDir, "runs", jobId, name);
  }

  /** The number of the latest runner of a job, which is its group's, once there is one. */
  group(jobId: string): Promise<number> {
    return eventually("an attempt", async () => this.attempt(jobId)?.pid);
  }

  attempt(jobId: string): Json {
    const path = this.path(jobId, "attempt.json");
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  }

  /** The numbers of the programs that began to train, in their order. */
  programs(jobId: string): number[] {
    return readFileSync(this.path(jobId, "attempts.txt"), "utf8").trim().split("\n").map(Number);
  }

  /** Ends the server and every training, and waits until nothing of them is left. */
  async stop(): Promise<void> {
    await this.kill();
    const runs = join(this.dataDir, "runs");
    const ids = existsSync(runs) ? readdirSync(runs) : [];
    for (const id of ids) {
      // A runner that is about to start looks for this.
      writeFileSync(this.path(id, "cancel"), "");
    }
    for (const id of ids) {
      const pid = this.attempt(id)?.pid;
      if (pid !== undefined) await eventually(`the end of group ${pid}`, () => !signal(pid), { everyMs: 10 });
    }
  }
}

/** A server for each test of a `describe` block, which ends with it. */
export function withTrainings() {
  let current: TrainingServer;
  beforeEach(function () {
    // Each starts several programs of its own, which takes long on a busy machine.
    this.currentTest?.timeout(this.currentTest.timeout() * 3);
  });
  afterEach(async () => {
    await current.stop();
    killProcesses();
    removeFolders();
  });
  return {
    /** The server of the running test. */
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

/** Whether a group has members that a signal could end. */
export function isRunning(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

function signal(group: number): boolean {
  try {
    return process.kill(-group, "SIGKILL");
  } catch {
    return false;
  }
}

/** Waits until a group has no member any more. */
export async function gone(group: number): Promise<void> {
  await eventually(`the end of group ${group}`, async () => (isRunning(group) ? undefined : true));
}

/** What an ended job must be like, however it came to its end: all steps once, one model, one program at a time. */
export function assertTrained(job: Json, steps: number): void {
  assert.equal(job.status, "SUCCESS", JSON.stringify(job.events[0]));
  assert.deepEqual([job.metadata.current_step, job.metadata.progress_percentage], [steps, 100]);
  assert.equal(job.events.filter((event: Json) => event.data.status === "SUCCESS").length, 1);
  assert.ok(!job.events.some((event: Json) => event.name === "two programs at once"));
  const checkpoints = job.checkpoints.map((each: Json) => each.step_number);
  assert.deepEqual(checkpoints, Array.from({ length: Math.floor(steps / 2) }, (_, index) => 2 * (index + 1)).reverse());
}
