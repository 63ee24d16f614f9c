import * as pulumi from "@pulumi/pulumi";
import { FineTuningJob, type FineTuningJobArgs } from "pulumi-mistral";
import { combinations, type Grid } from "./grid";

type Values = Record<string, number>;

export interface SweepArgs extends Omit<FineTuningJobArgs, "hyperparameters" | "suffix"> {
  /** The hyperparameters to try. One job is trained for each combination. */
  grid: Grid<Values>;
}

/** A trained combination. */
export interface Trial {
  hyperparameters: Values;
  /** For `npx pulumi-mistral plot` and `compare`. */
  jobId: string;
  fineTunedModel: string;
  /** Loss on the validation data at the last checkpoint. */
  validLoss: number;
}

/** Trains a job for each combination of hyperparameters, and exposes the one with the lowest validation loss. */
export class Sweep extends pulumi.ComponentResource {
  /** The trained combinations, best first. */
  readonly trials: pulumi.Output<Trial[]>;
  readonly best: pulumi.Output<Trial>;

  constructor(name: string, { grid, ...args }: SweepArgs, opts?: pulumi.ComponentResourceOptions) {
    super("examples:index:Sweep", name, {}, opts);
    const trials = combinations(grid).map((hyperparameters) => {
      // The values are part of the name. Another value in the grid then keeps the jobs that are already trained.
      const job = new FineTuningJob(
        `${name}-${label(hyperparameters)}`,
        { ...args, hyperparameters },
        { parent: this },
      );
      const { jobId, fineTunedModel, validLoss } = job;
      return pulumi.output({ hyperparameters, jobId, fineTunedModel, validLoss });
    });
    this.trials = pulumi.all(trials).apply((all) => all.map(trained).sort((a, b) => a.validLoss - b.validLoss));
    this.best = this.trials.apply(([best]) => {
      if (!best) throw new pulumi.RunError(`${name}: the grid is empty`);
      return best;
    });
    this.registerOutputs({ trials: this.trials, best: this.best });
  }
}

interface Result {
  hyperparameters: Values;
  jobId: string;
  fineTunedModel: string | undefined;
  validLoss: number | undefined;
}

function trained({ hyperparameters, jobId, fineTunedModel, validLoss }: Result): Trial {
  if (fineTunedModel === undefined || validLoss === undefined) {
    throw new pulumi.RunError(`${label(hyperparameters)} has no validation loss: a sweep needs validationFiles`);
  }
  return { hyperparameters, jobId, fineTunedModel, validLoss };
}

/** `learningRate-0.0001-trainingSteps-50` */
const label = (values: Values) => Object.entries(values).flat().join("-");
