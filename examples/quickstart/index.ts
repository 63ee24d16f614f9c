import { FineTuningJob } from "pulumi-mistral";

const job = new FineTuningJob("support-bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  validationFiles: ["valid.jsonl"],
  hyperparameters: { trainingSteps: 100, learningRate: 1e-4 },
});

export const { fineTunedModel, jobId, simulated } = job;
