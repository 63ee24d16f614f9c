import * as pulumi from "@pulumi/pulumi";
import { BaseModel, FineTuningJob } from "pulumi-mistral";

// `pulumi up` validates the data and shows the cost; `pulumi config set train true && pulumi up` starts that same job.
const train = new pulumi.Config().getBoolean("train") ?? false;

const router = new FineTuningJob("ticket-router", {
  model: BaseModel.Ministral3B,
  trainingFiles: [{ path: "tickets.jsonl", weight: 2 }, "mails.jsonl"],
  classifierTargets: [
    { name: "team", labels: ["billing", "technical", "shipping"] },
    { name: "urgent", labels: ["yes", "no"] },
  ],
  hyperparameters: { trainingSteps: 50, learningRate: 1e-5 },
  autoStart: train,
});

const { status, cost, costCurrency, fineTunedModel } = router;
// There is no model before the training, and Pulumi warns of outputs without a value.
export = { status, cost, costCurrency, ...(train && { fineTunedModel }) };
