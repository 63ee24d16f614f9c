import { BaseModel, ModelDeletionPolicy } from "pulumi-mistral";
import { Sweep } from "./sweep";

const sweep = new Sweep("support-bot", {
  model: BaseModel.OpenMistral7B,
  trainingFiles: ["../quickstart/train.jsonl"],
  validationFiles: ["../quickstart/valid.jsonl"],
  grid: { learningRate: [1e-4, 3e-4], trainingSteps: [20, 40] },
  // The limit of each job. The whole sweep costs at most four times as much.
  maxCost: 20,
  // A deployment can still use the best model of an earlier grid.
  modelDeletionPolicy: ModelDeletionPolicy.Retain,
});

export const { best, trials } = sweep;
/** For `npx pulumi-mistral plot` and `compare`. */
export const jobIds = trials.apply((all) => all.map(({ jobId }) => jobId).join(" "));
export const fineTunedModel = best.apply((it) => it.fineTunedModel);
