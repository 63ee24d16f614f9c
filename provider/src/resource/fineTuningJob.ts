import * as pulumi from "@pulumi/pulumi";
import { fileAssetsToPaths } from "./fileAssets";
import { OUTPUT_NAMES } from "./outputNames.generated";
import { warnAboutPlainTextKey, withSecrets } from "./secrets";
import { provider } from "./serializedProvider";
import type { FineTuningJobArgs, FineTuningJobOutputs } from "./types.generated";
import { validateArgs } from "./validateArgs";

/** Frozen: the URN of every resource contains the token. */
const MODULE = "mistral";
const TYPE = "FineTuningJob";
const TOKEN = `pulumi-nodejs:dynamic/${MODULE}:${TYPE}`;
/** The plugin's type. With this alias, a stack can move from the plugin to this class without any change to its jobs. */
const PLUGIN_TOKEN = `${MODULE}:index:${TYPE}`;

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
export class FineTuningJob extends pulumi.dynamic.Resource {
  /** Whether a value is a FineTuningJob, including one from another copy of this package. */
  static override isInstance(value: unknown): value is FineTuningJob {
    return pulumi.Resource.isInstance(value) && Reflect.get(value, "__pulumiType") === TOKEN;
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
    validateArgs(name, args, opts);
    warnAboutPlainTextKey();
    // Pulumi only sets outputs that are named in the constructor.
    const outputs = Object.fromEntries(OUTPUT_NAMES.map((output) => [output, undefined]));
    // The SDK records a stack trace for each of four promises per output, and prints it only if a promise leaks. In a program with
    // 100 jobs, recording these stack traces took more time than the rest of the program (see docs/benchmarks.md).
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
        { ...opts, aliases: [...(opts.aliases ?? []), { type: PLUGIN_TOKEN }] },
        MODULE,
        TYPE,
      );
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

/**
 * Returns a resource's URN as an output without a dependency on the resource. Depending on a component means depending on all its
 * children, so a job in a component would wait for itself (observed with two jobs in one component).
 */
function urnWithoutDependency({ urn }: pulumi.Resource): pulumi.Output<string> {
  return pulumi.output(new Promise<string>((known) => void urn.apply(known)));
}
