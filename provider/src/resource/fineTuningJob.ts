import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, isInstance } from "./dynamicResource";
import { fileAssetsToPaths } from "./fileAssets";
import { OUTPUT_NAMES } from "./outputNames.generated";
import { provider } from "./serializedProvider";
import type { FineTuningJobArgs, FineTuningJobOutputs } from "./types.generated";

/** Frozen: the URN of every resource contains the type. */
const TYPE = "FineTuningJob";

// Adds the outputs, which are only declared in the schema, to the class.
export interface FineTuningJob extends FineTuningJobOutputs {}

/**
 * A fine-tuning job. `pulumi up` uploads the data, trains, and waits for the fine-tuned model, whose ID is the output
 * `fineTunedModel`. Changing an input that affects the training replaces the job. The same inputs never train twice.
 *
 * @example
 * const job = new FineTuningJob("support-bot", {
 *   model: "open-mistral-7b",
 *   trainingFiles: ["train.jsonl"],
 *   hyperparameters: { trainingSteps: 100, learningRate: 1e-4 },
 * });
 * export const model = job.fineTunedModel;
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Pulumi's base class assigns every output
export class FineTuningJob extends DynamicResource<FineTuningJobArgs> {
  /** Whether a value is a FineTuningJob, including one from another copy of this package. */
  static override isInstance(value: unknown): value is FineTuningJob {
    return isInstance(value, TYPE);
  }

  /**
   * Reads an existing job into a resource that Pulumi does not manage.
   *
   * @param id ID of the job on the server
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): FineTuningJob {
    return new FineTuningJob(name, {} as FineTuningJobArgs, { ...opts, id });
  }

  constructor(name: string, args: FineTuningJobArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(
      { type: TYPE, provider, outputNames: OUTPUT_NAMES.FineTuningJob, prepare: fileAssetsToPaths },
      name,
      args,
      opts,
    );
  }
}
