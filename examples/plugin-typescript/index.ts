import { FineTuningJob } from "pulumi-mistral-sdk";

const job = new FineTuningJob("support-bot", {
  model: "open-mistral-7b",
  trainingFiles: ["train.jsonl"],
  hyperparameters: { trainingSteps: 100, learningRate: 1e-4 },
});

export const { fineTunedModel } = job;
