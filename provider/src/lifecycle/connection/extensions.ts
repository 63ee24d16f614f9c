import type { MistralClient } from "../../client";
import { InputProblem } from "../../inputs/problem";
import type { Inputs } from "../../schema/inputs";
import type { Host } from "../runtime/host";
import { capabilitiesOf } from "./capabilities";

/**
 * Returns the inputs that this server supports. Asks the server only if an input needs an extension of the API. Leaves out
 * `evaluationSamples` with a warning, because the training does not depend on it.
 *
 * @throws InputProblem for `keep` on a server without evaluation: another checkpoint than declared would become the model
 */
export async function supportedInputs(
  client: MistralClient,
  inputs: Inputs,
  host: Host,
  signal: AbortSignal,
): Promise<Inputs> {
  if (inputs.keep === undefined && !inputs.evaluationSamples) return inputs;
  const { features } = await capabilitiesOf(client, signal);
  if (inputs.keep !== undefined && !features.evaluation) {
    throw new InputProblem("keep", `${client.baseUrl} cannot choose the checkpoint of a model: remove keep`);
  }
  if (!inputs.evaluationSamples || features.evaluation_samples) return inputs;
  host.log(
    inputs.__urn,
    `evaluationSamples is ignored: ${client.baseUrl} does not answer validation prompts. Remove evaluationSamples, or use a self-hosted server.`,
    "warning",
  );
  const { evaluationSamples: _, ...supported } = inputs;
  return supported;
}
