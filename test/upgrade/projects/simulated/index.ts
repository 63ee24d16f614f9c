import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";

const model = "open-mistral-7b";
const trainingFiles = ["train.jsonl"];
// Two stacks, because a failed job makes every `pulumi up` of its stack fail.
export const jobs = pulumi.getStack() === "failed" ? failedJobs() : mainJobs();

function failedJobs() {
  // With a learning rate of 0.1 or more, the simulated trainer diverges and fails the job.
  return [
    new FineTuningJob("failed", { model, trainingFiles, hyperparameters: { trainingSteps: 20, learningRate: 0.5 } }),
  ].map((job) => job.jobId);
}

function mainJobs() {
  const finished = new FineTuningJob("finished", {
    model,
    trainingFiles: [new pulumi.asset.FileAsset("train.jsonl"), { path: "more.jsonl", weight: 2 }],
    validationFiles: ["validation.jsonl"],
    hyperparameters: { trainingSteps: 20, learningRate: 0.0002, weightDecay: 0.05, warmupFraction: 0.1, seqLen: 2048 },
    integrations: [{ type: "wandb", project: "upgrade", runName: "finished", apiKey: "w".repeat(40) }],
    invalidSampleSkipPercentage: 0.1,
    triggers: ["first", 1],
    modelName: "Sums",
    modelDescription: "Adds numbers.",
    modelDeletionPolicy: "archive",
  });
  const classifier = new FineTuningJob("classifier", {
    model: "ministral-3b-latest",
    trainingFiles: ["moods.jsonl"],
    classifierTargets: [{ name: "mood", labels: ["good", "bad"], weight: 1, lossFunction: "single_class" }],
    hyperparameters: { epochs: 2 },
    suffix: "moods",
    modelDeletionPolicy: "delete",
    connection: { baseUrl: new pulumi.Config("mistral").require("baseUrl"), apiKey: "connection-key" },
  });
  const review = new FineTuningJob("review", {
    model,
    trainingFiles,
    hyperparameters: { trainingSteps: 20 },
    autoStart: false,
  });
  // 80 simulated seconds per real second at speed 2000: long enough to interrupt `pulumi up`.
  const running = new FineTuningJob("running", { model, trainingFiles, hyperparameters: { trainingSteps: 60_000 } });
  return [finished, classifier, review, running].map((job) => job.jobId);
}
