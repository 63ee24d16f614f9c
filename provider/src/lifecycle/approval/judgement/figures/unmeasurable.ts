import type { Capabilities } from "../../../../client";
import { InputProblem } from "../../../../inputs/problem";
import type { RawInputs } from "../../../check";

/**
 * Returns a problem for each input whose figures a server without evaluations cannot have: its only figures are the validation loss and
 * the token accuracy of a job's checkpoints.
 */
export function unmeasurable(inputs: RawInputs, { features }: Capabilities, baseUrl: string): InputProblem[] {
  if (features.evaluation || features.evaluation_on_demand) return [];
  const problem = (name: string, why: string) =>
    inputs[name] === undefined
      ? []
      : [
          new InputProblem(
            name,
            `${baseUrl} does not evaluate models, ${why}. Use maxValidationLoss or minTokenAccuracy`,
          ),
        ];
  return [
    ...problem("minImprovement", "so there is no loss to compare with"),
    ...problem("minAccuracy", "and the checkpoints of a job have no accuracy"),
  ];
}
