import { hasSucceeded } from "#common";
import { UNKNOWN } from "../../inputs/unknowns";
import type { RawInputs } from "../../lifecycle/check";
import { recordedPage } from "../../lifecycle/page/dashboard";
import { knownOutputs } from "../../lifecycle/preview/knownOutputs";
import type { Settings } from "../../lifecycle/runtime/host";
import type { Outputs } from "../../lifecycle/state/outputs";
import type { Inputs } from "../../schema/inputs";
import { outputsSchema } from "../../schema/outputs";

/** Returns the outputs of a `create` as a preview knows them: the inputs and the server. Everything else is unknown. */
export async function previewOfCreate(inputs: Inputs, host: Settings): Promise<RawInputs> {
  const { adopt } = inputs;
  return { ...(await knownOutputs(outputsSchema, inputs, host)), ...(adopt !== undefined && { jobId: adopt }) };
}

/**
 * Returns the outputs of an `update` as a preview knows them. An update keeps the job and, on the same server, its page. A job that has
 * succeeded keeps its model.
 */
export async function previewOfUpdate(olds: Outputs, inputs: Inputs, host: Settings): Promise<RawInputs> {
  const { jobId, status, fineTunedModel } = olds;
  const preview = await previewOfCreate(inputs, host);
  const { baseUrl } = preview;
  const dashboardUrl = typeof baseUrl === "string" && baseUrl !== UNKNOWN ? recordedPage(olds, baseUrl) : undefined;
  return {
    ...preview,
    jobId,
    ...(dashboardUrl !== undefined && { dashboardUrl }),
    ...(hasSucceeded(status) && fineTunedModel !== undefined && { fineTunedModel, status }),
  };
}
