import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../support/engine";
import type { ResourceState, Stack } from "../support/stack";
import type { Api, Json } from "./api";
import { type Restored, restore } from "./restore";
import type { StackName, TrainerKind } from "./trainerKinds";

/** A restored recording, shared by the tests of a suite. The server runs, and the two stacks have the recorded state. */
export class RestoredRecording {
  private constructor(
    private readonly restored: Restored,
    readonly main: Stack,
    readonly failed: Stack,
    private readonly recordedJobIds: readonly string[],
  ) {}

  static async create(engine: Engine, release: string, trainerKind: TrainerKind): Promise<RestoredRecording> {
    const restored = await restore(engine, release, trainerKind);
    try {
      const main = await restored.stack("main");
      const failed = await restored.stack("failed");
      return new RestoredRecording(restored, main, failed, await restored.api.jobIds());
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

  /** Fails unless the server has exactly the recorded jobs. */
  async assertJobIds(): Promise<void> {
    assert.deepEqual(await this.api.jobIds(), this.recordedJobIds);
  }

  /** Returns the recorded reason of the failed job's failure. */
  async recordedFailureReason(): Promise<string> {
    const { id } = await this.recorded("failed", "failed");
    const { events } = await this.api.job(id);
    return events.find((event: Json) => event.data.status === "FAILED").data.reason;
  }

  /** Returns the outputs of a resource in a stack, with secrets in plain text as in a recording. */
  async outputs(stack: Stack, name: string): Promise<unknown> {
    const { stdout } = await stack.cmd("stack", "export", "--show-secrets");
    const { resources } = JSON.parse(stdout).deployment;
    return resources.find(({ urn }: ResourceState) => urn.endsWith(`::${name}`))?.outputs;
  }

  /** Lets the training programs finish. Until this call, they wait at one step. */
  async continueTrainings(): Promise<void> {
    await writeFile(join(this.restored.project, "continue"), "");
  }

  /** Replaces text in the Pulumi program. */
  async edit(before: string, after: string): Promise<void> {
    const path = join(this.restored.project, "index.ts");
    const program = await readFile(path, "utf8");
    assert.ok(program.includes(before));
    await writeFile(path, program.replace(before, after));
  }

  /** Returns the fine-tuned models of these resources of the main stack. */
  async models(...names: string[]): Promise<string[]> {
    return Promise.all(names.map(async (name) => String((await this.main.resource(name))?.outputs?.fineTunedModel)));
  }

  /** Returns whether a model still exists on the server, is archived, or was deleted. */
  async modelState(model: string): Promise<"retained" | "archived" | "deleted"> {
    const response = await this.api.fetch(`/v1/models/${model}`);
    if (response.status === 404) return "deleted";
    return ((await response.json()) as Json).archived ? "archived" : "retained";
  }

  /** Reads a JSON file in a job's folder. */
  json(jobId: unknown, name: string): Json {
    return JSON.parse(readFileSync(join(this.runFolder(jobId), name), "utf8"));
  }

  /** Returns the lines of a job's `progress.jsonl`. */
  progress(jobId: unknown): Json[] {
    const lines = readFileSync(join(this.runFolder(jobId), "progress.jsonl"), "utf8")
      .trim()
      .split("\n");
    return lines.map((line) => JSON.parse(line));
  }

  /** Returns the step of the latest recorded checkpoint of a job. */
  recordedCheckpoint(jobId: unknown): number {
    const folder = join(this.restored.fixture, "data/runs", String(jobId), "checkpoints");
    return Math.max(...readdirSync(folder).map((name) => Number(name.replace("step-", ""))));
  }

  /** Creates a job with the settings of an existing job, and waits until `job.json` exists. Returns the new job's ID. */
  async createLike(jobId: unknown): Promise<string> {
    const { model, suffix, hyperparameters, integrations, invalid_sample_skip_percentage } = await this.api.job(jobId);
    const [training, validation] = await Promise.all([this.upload("train.jsonl"), this.upload("validation.jsonl")]);
    const { id } = await this.api.post("/v1/fine_tuning/jobs", {
      ...{ model, suffix, hyperparameters, invalid_sample_skip_percentage, auto_start: true },
      integrations: integrations.map((each: Json) => ({ ...each, api_key: "w".repeat(40) })),
      training_files: [{ file_id: training, weight: 2 }],
      validation_files: [validation],
    });
    await this.api.untilJob(id, () => existsSync(join(this.runFolder(id), "job.json")));
    return id;
  }

  private async upload(name: string): Promise<string> {
    return this.api.upload(name, await readFile(join(this.restored.project, name), "utf8"));
  }

  private runFolder(jobId: unknown): string {
    return join(this.restored.data, "runs", String(jobId));
  }
}

/** Restores a recording before the tests of a suite, and removes it after them. */
export function restoreBefore(engine: Engine, release: string, trainerKind: TrainerKind): RestoredRecording {
  let restored: RestoredRecording;
  before(`restore ${release}/${trainerKind}`, async () => {
    restored = await RestoredRecording.create(engine, release, trainerKind);
  });
  after("remove the restored recording", () => restored?.remove());
  return new Proxy({} as RestoredRecording, {
    get: (_, property) => {
      const value = Reflect.get(restored, property);
      return typeof value === "function" ? value.bind(restored) : value;
    },
  });
}
