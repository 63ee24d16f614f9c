import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";

const trainingFiles = ["train.jsonl"];
// Two stacks, because a failed job makes every `pulumi up` of its stack fail.
export const jobs = pulumi.getStack() === "failed" ? failedJobs() : mainJobs();

function failedJobs() {
  return [new FineTuningJob("failed", { model: "broken", trainingFiles, hyperparameters: { trainingSteps: 4 } }).jobId];
}

function mainJobs() {
  const finished = new FineTuningJob("finished", {
    model: "quick",
    trainingFiles,
    hyperparameters: { trainingSteps: 10 },
    modelName: "Sums",
  });
  const review = new FineTuningJob("review", {
    model: "quick",
    trainingFiles,
    hyperparameters: { trainingSteps: 10 },
    autoStart: false,
  });
  const running = new FineTuningJob("running", {
    model: "slow",
    trainingFiles: [{ path: "train.jsonl", weight: 2 }],
    validationFiles: ["validation.jsonl"],
    hyperparameters: { trainingSteps: 60, learningRate: 0.0002, seqLen: 2048 },
    integrations: [{ type: "wandb", project: "upgrade", runName: "running", apiKey: "w".repeat(40) }],
    invalidSampleSkipPercentage: 0.1,
    suffix: "sums",
  });
  // Has many steps, so that it is still running when the stack is destroyed.
  const endless = new FineTuningJob("endless", {
    model: "slow",
    trainingFiles,
    hyperparameters: { trainingSteps: 1_000_000 },
    waitForCompletion: false,
  });
  return [finished, review, running, endless].map((job) => job.jobId);
}
