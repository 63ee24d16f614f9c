import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob, ModelApproval } from "pulumi-mistral";

const config = new pulumi.Config();

const job = new FineTuningJob("support-bot", {
  model: "open-mistral-7b",
  trainingFiles: ["../quickstart/train.jsonl"],
  validationFiles: ["../quickstart/valid.jsonl"],
  hyperparameters: { trainingSteps: 40, learningRate: config.getNumber("learningRate") ?? 1e-4 },
  // The server deletes a replaced model when the approval no longer needs it.
  modelDeletionPolicy: "delete",
});

const approval = new ModelApproval("production", {
  jobId: job.jobId,
  maxValidationLoss: config.getNumber("maxValidationLoss") ?? 1.4,
  onMiss: config.get<"fail" | "keepPrevious">("onMiss") ?? "fail",
});

export const { candidate, approved, figures } = approval;
/** The approved model. `examples/deployment` deploys this output. */
export const fineTunedModel = approval.model;
