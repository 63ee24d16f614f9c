import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../support/engine";
import type { ResourceState, Stack } from "../support/stack";
import type { Api, Json } from "./api";
import { type Restored, restore } from "./restore";
import type { StackName, Variety } from "./varieties";

/** A restored recording for the tests of a suite: its server runs, and its stacks have the recorded state. */
export class World {
  private constructor(
    private readonly restored: Restored,
    readonly main: Stack,
    readonly failed: Stack,
    private readonly recordedJobIds: readonly string[],
  ) {}

  static async create(engine: Engine, release: string, variety: Variety): Promise<World> {
    const restored = await restore(engine, release, variety);
    try {
      const main = await restored.stack("main");
      const failed = await restored.stack("failed");
      return new World(restored, main, failed, await restored.api.jobIds());
    } catch (error) {
      await restored.remove();
      throw error;
    }
  }

  get api(): Api {
    return this.restored.api;
  }

  remove(): Promise<void> {
    return this.restored.remove();
  }

  recorded(stack: StackName, name: string): Promise<ResourceState> {
    return this.restored.recorded(stack, name);
  }

  /** Fails when the server has another job than the recorded ones, or lost one. */
  async assertJobIds(): Promise<void> {
    assert.deepEqual(await this.api.jobIds(), this.recordedJobIds);
  }

  /** Why the failed job has failed, as the recorded server stored it. */
  async recordedReason(): Promise<string> {
    const { id } = await this.recorded("failed", "failed");
    const { events } = await this.api.job(id);
    return events.find((event: Json) => event.data.status === "FAILED").data.reason;
  }

  /** The outputs that a stack has for a resource, with secrets in plain text as in a recording. */
  async outputs(stack: Stack, name: string): Promise<unknown> {
    const { stdout } = await stack.cmd("stack", "export", "--show-secrets");
    const { resources } = JSON.parse(stdout).deployment;
    return resources.find(({ urn }: ResourceState) => urn.endsWith(`::${name}`))?.outputs;
  }

  /** Lets the training programs train to the end; before, they stay at a step. */
  async continueTrainings(): Promise<void> {
    await writeFile(join(this.restored.project, "continue"), "");
  }

  async edit(before: string, after: string): Promise<void> {
    const path = join(this.restored.project, "index.ts");
    const program = await readFile(path, "utf8");
    assert.ok(program.includes(before));
    await writeFile(path, program.replace(before, after));
  }

  /** The models that the main stack has for these resources. */
  async models(...names: string[]): Promise<string[]> {
    return Promise.all(names.map(async (name) => String((await this.main.resource(name))?.outputs?.fineTunedModel)));
  }

  async fate(model: string): Promise<"retained" | "archived" | "deleted"> {
    const response = await this.api.fetch(`/v1/models/${model}`);
    if (response.status === 404) return "deleted";
    return ((await response.json()) as Json).archived ? "archived" : "retained";
  }

  /** A JSON file of a job's folder. */
  json(jobId: unknown, name: string): Json {
    return JSON.parse(readFileSync(join(this.run(jobId), name), "utf8"));
  }

  /** What a job's training program has reported. */
  progress(jobId: unknown): Json[] {
    const lines = readFileSync(join(this.run(jobId), "progress.jsonl"), "utf8")
      .trim()
      .split("\n");
    return lines.map((line) => JSON.parse(line));
  }

  /** The step of the latest checkpoint in a job's folder as it was recorded. */
  recordedCheckpoint(jobId: unknown): number {
    const folder = join(this.restored.fixture, "data/runs", String(jobId), "checkpoints");
    return Math.max(...readdirSync(folder).map((name) => Number(name.replace("step-", ""))));
  }

  /** Creates a job that has the settings of an existing one; resolves to its id once it has a folder. */
  async createLike(jobId: unknown): Promise<string> {
    const { model, suffix, hyperparameters, integrations, invalid_sample_skip_percentage } = await this.api.job(jobId);
    const [training, validation] = await Promise.all([this.upload("train.jsonl"), this.upload("validation.jsonl")]);
    const { id } = await this.api.post("/v1/fine_tuning/jobs", {
      ...{ model, suffix, hyperparameters, invalid_sample_skip_percentage, auto_start: true },
      integrations: integrations.map((each: Json) => ({ ...each, api_key: "w".repeat(40) })),
      training_files: [{ file_id: training, weight: 2 }],
      validation_files: [validation],
    });
    await this.api.untilJob(id, () => existsSync(join(this.run(id), "job.json")));
    return id;
  }

  private async upload(name: string): Promise<string> {
    return this.api.upload(name, await readFile(join(this.restored.project, name), "utf8"));
  }

  private run(jobId: unknown): string {
    return join(this.restored.data, "runs", String(jobId));
  }
}

/** Restores a recording before the tests of a suite, and removes it after them. */
export function restoreBefore(engine: Engine, release: string, variety: Variety): World {
  let world: World;
  before(`restore ${release}/${variety}`, async () => {
    world = await World.create(engine, release, variety);
  });
  after("remove what was restored", () => world?.remove());
  return new Proxy({} as World, {
    get: (_, property) => {
      const value = Reflect.get(world, property);
      return typeof value === "function" ? value.bind(world) : value;
    },
  });
}
