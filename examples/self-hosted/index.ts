import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob } from "pulumi-mistral";

// A name of the server's models file: `pulumi config set model tiny` tries it without a GPU.
const model = new pulumi.Config().get("model") ?? "open-mistral-7b";

const job = new FineTuningJob("opening-hours", {
  model,
  trainingFiles: ["train.jsonl"],
  validationFiles: ["valid.jsonl"],
  hyperparameters: { trainingSteps: 60, learningRate: model === "tiny" ? 5e-3 : 2e-4, seqLen: 255 },
});

export const { fineTunedModel, artifactUrl, trainLoss, validLoss, checkpoints, simulated } = job;
