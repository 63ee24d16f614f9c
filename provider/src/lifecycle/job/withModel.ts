import type { Model } from "../../client";
import type { Host } from "../runtime/host";
import type { Outputs } from "../state/outputs";
import { modelOutputs } from "./model";

/**
 * Adds what the registry says of the job's model to the outputs. Removes the ID of a deleted model, with a warning: a deployment must
 * not receive it.
 *
 * @param id ID of the model; undefined before the job has one
 * @param model undefined when it was deleted
 */
export function withModel(
  outputs: Outputs,
  id: string | undefined,
  model: Model | undefined,
  host: Pick<Host, "log">,
): Outputs {
  if (model) return { ...outputs, ...modelOutputs(outputs, model) };
  if (id) host.log(outputs.__urn, `model ${id} was deleted outside of Pulumi`, "warning");
  const { fineTunedModel: _, ...withoutModel } = outputs;
  return withoutModel;
}
