import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createJobBody } from "../../server/src/domain/jobSpec";
import type { Plan } from "../../server/src/domain/trainer";
import { openDatabase } from "../../server/src/store/database";
import { JobStore } from "../../server/src/store/jobs";
import { ModelStore } from "../../server/src/store/models";

const CHECKPOINTS = 5;
const STEPS_BETWEEN = 20;
const ARTIFACT_BYTES = 40_000_000;

const plan: Plan = {
  totalSteps: CHECKPOINTS * STEPS_BETWEEN,
  epochs: 3,
  samples: 1_000,
  skippedSamples: 0,
  dataTokens: 400_000,
  tokensPerStep: 12_000,
};

/**
 * Fills a data folder with jobs that have ended, in the server's format. One of ten has failed. Another one of ten has the Weights &
 * Biases project, the model and the suffix `tenth`.
 *
 * @returns the ID of a succeeded job in the middle
 */
export function writeEndedJobs(dataDir: string, count: number): string {
  mkdirSync(dataDir, { recursive: true });
  const database = openDatabase(join(dataDir, "server.db"));
  const jobs = new JobStore(database);
  const models = new ModelStore(database);
  try {
    const ids = jobs.atomically(() => Array.from({ length: count }, (_, index) => writeJob(jobs, models, index)));
    return ids[count / 2] as string;
  } finally {
    database.close();
  }
}

function writeJob(jobs: JobStore, models: ModelStore, index: number): string {
  const name = index % 10 === 1 ? "tenth" : "other";
  const spec = createJobBody.parse({
    model: name,
    training_files: [`training-file-${index}`],
    validation_files: [`validation-file-${index}`],
    hyperparameters: { training_steps: plan.totalSteps },
    suffix: name,
    integrations: [{ project: name, name, api_key: "0".repeat(40) }],
  });
  const { id } = jobs.create(spec, "process", { workspace: "default", owner: "anonymous" });
  jobs.transition(id, "VALIDATING");
  jobs.transition(id, "VALIDATED", { plan });
  jobs.transition(id, "STARTED", { startedAt: Date.now() });
  const running = jobs.transition(id, "RUNNING");
  const checkpoints = Array.from({ length: CHECKPOINTS }, (_, number) => ({
    step: (number + 1) * STEPS_BETWEEN,
    metrics: { train_loss: 2 / (number + 1), valid_loss: 2.1 / (number + 1), valid_mean_token_accuracy: 0.8 },
    createdAt: Date.now(),
  }));
  jobs.record(id, { step: plan.totalSteps, trainLoss: 0.2, updatedAt: Date.now() }, { checkpoints });
  if (index % 10 === 2) {
    jobs.transition(id, "FAILED", { stopReason: "failed" }, { reason: "The training program has failed" });
  } else {
    const fineTunedModel = `ft:${name}:${id}`;
    models.add(fineTunedModel, running, ARTIFACT_BYTES);
    jobs.transition(id, "SUCCESS", { fineTunedModel, stopReason: "completed" });
  }
  return id;
}
