import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, isInstance } from "./dynamicResource";
import { OUTPUT_NAMES } from "./outputNames.generated";
import { approvalProvider } from "./serializedProvider";
import type { ModelApprovalArgs, ModelApprovalOutputs } from "./types.generated";

/** Frozen: the URN of every resource contains the type. */
const TYPE = "ModelApproval";

// Adds the outputs, which are only declared in the schema, to the class.
export interface ModelApproval extends ModelApprovalOutputs {}

/**
 * The approval of a job's model. `pulumi up` compares the model's figures on the validation data with thresholds, and outputs the ID of
 * the approved model as `model`. If the model misses a threshold, `pulumi up` fails, `model` stays the model that was approved before,
 * and the finished job is not affected. The server keeps the approved model, and the one before, when their jobs are replaced.
 *
 * @example
 * const approval = new ModelApproval("prod", { jobId: job.jobId, minImprovement: 0.5 });
 * export const model = approval.model;
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Pulumi's base class assigns every output
export class ModelApproval extends DynamicResource<ModelApprovalArgs> {
  /** Whether a value is a ModelApproval, including one from another copy of this package. */
  static override isInstance(value: unknown): value is ModelApproval {
    return isInstance(value, TYPE);
  }

  /**
   * Reads the models that an existing approval holds into a resource that Pulumi does not manage. Only `model`, `previousModel` and
   * `baseUrl` are set: the thresholds and the figures are in the state of the stack that has the approval.
   *
   * @param id ID of the approval: `approval.id` in the stack that has it
   */
  static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ModelApproval {
    return new ModelApproval(name, {} as ModelApprovalArgs, { ...opts, id });
  }

  constructor(name: string, args: ModelApprovalArgs, opts: pulumi.CustomResourceOptions = {}) {
    super({ type: TYPE, provider: approvalProvider, outputNames: OUTPUT_NAMES.ModelApproval }, name, args, opts);
  }
}
