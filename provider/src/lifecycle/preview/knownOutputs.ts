import type { z } from "zod";
import { hasUnknown, UNKNOWN } from "../../inputs/unknowns";
import type { Inputs } from "../../schema/inputs";
import type { RawInputs } from "../check";
import { connect } from "../connection/connect";
import type { Settings } from "../runtime/host";

/** Returns the outputs of a `create` as a preview knows them: the inputs and the server. Everything else is unknown. */
export async function knownOutputs(
  outputs: z.ZodObject,
  inputs: Pick<Inputs, "connection">,
  host: Settings,
): Promise<RawInputs> {
  const unknown = Object.fromEntries(Object.keys(outputs.shape).map((name) => [name, UNKNOWN]));
  const server = hasUnknown(inputs.connection) ? {} : { baseUrl: (await connect(inputs, host)).baseUrl };
  return { ...unknown, ...inputs, ...server };
}
