import * as pulumi from "@pulumi/pulumi";
import { fileAssetsToPaths } from "./fileAssets";
import { OUTPUT_NAMES } from "./outputNames.generated";
import { warnAboutPlainTextKey, withSecrets } from "./secrets";
import { provider } from "./serializedProvider";
import type { FineTuningJobArgs, FineTuningJobOutputs } from "./types.generated";
import { validateArgs } from "./validateArgs";

/** Frozen: the token stands in the URN of every resource. */
const MODULE = "mistral";
const TYPE = "FineTuningJob";
const TOKEN = `pulumi-nodejs:dynamic/${MODULE}:${TYPE}`;

// The outputs are declared once, in the schema: this gives them to the class.
export interface FineTuningJob extends FineTuningJobOutputs {}

/**
 * A fine-tuning job. `pulumi up` uploads the data, trains, and ends when the fine-tuned model is there; its ID is the output
 * `fineTunedModel`. What shapes the training replaces the job when it changes; the same declaration never trains twice.
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
export class FineTuningJob extends pulumi.dynamic.Resource {
  /** Tells a FineTuningJob from anything else, also when it comes from another copy of this package. */
  static override isInstance(value: unknown): value is FineTuningJob {
    return pulumi.Resource.isInstance(value) && Reflect.get(value, "__pulumiType") === TOKEN;
  }

  /**
   * Reads an existing job into a resource that Pulumi does not manage.
   *
   * @param id the job's ID, as the API gives it
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): FineTuningJob {
    return new FineTuningJob(name, {} as FineTuningJobArgs, { ...opts, id });
  }

  constructor(name: string, args: FineTuningJobArgs, opts: pulumi.CustomResourceOptions = {}) {
    validateArgs(name, args, opts);
    warnAboutPlainTextKey();
    // Pulumi gives a resource only the outputs that it names at its construction.
    const outputs = Object.fromEntries(OUTPUT_NAMES.map((output) => [output, undefined]));
    // The SDK takes a stack trace for each of four promises of each output. None is ever shown, unless one of them leaks, and
    // together they took longer than everything else in a program of a hundred jobs (see docs/benchmarks.md).
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      super(
        provider,
        name,
        {
          ...outputs,
          ...withSecrets(fileAssetsToPaths(args)),
          __urn: pulumi.createUrn(name, TOKEN, opts.parent && urnWithoutDependency(opts.parent)),
          __organization: pulumi.getOrganization(),
          __timeouts: opts.customTimeouts,
        },
        opts,
        MODULE,
        TYPE,
      );
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/**
 * A resource's URN without the resource. As an input, the output would depend on it; and whoever depends on a component depends
 * on all its children, so that a job in one would wait for itself (seen with two jobs in one component).
 */
function urnWithoutDependency({ urn }: pulumi.Resource): pulumi.Output<string> {
  return pulumi.output(new Promise<string>((known) => void urn.apply(known)));
}
