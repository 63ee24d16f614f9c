import { inputsSchema } from "../../schema/inputs";
import { InputProblem, pathText } from "../problem";
import { isWithin, unknownPaths } from "../unknowns";
import { crossFieldProblems } from "./crossFieldRules";
import { inputMessage, REQUIRED } from "./messages";
import { nearestName } from "./nearestName";

/**
 * Validates the user's inputs against the schema. Accepts values that are not known yet in a preview. Messages never contain a value,
 * because a value could be a secret.
 */
export function validate(inputs: Record<string, unknown>): InputProblem[] {
  const unknown = unknownPaths(inputs);
  const { error } = inputsSchema.safeParse(inputs, { error: inputMessage });
  const issues = (error?.issues ?? []).filter((issue) => !isWithin(issue.path, unknown));
  if (issues.length === 0) return crossFieldProblems(inputs);

  const problems: InputProblem[] = [];
  const misspelt = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    misspelt.add(pathText(issue.path));
    for (const key of issue.keys) {
      const meant = nearestName(key, issue.path);
      if (meant !== undefined) misspelt.add(pathText([...issue.path, meant]));
      const advice = meant === undefined ? "" : `; did you mean ${meant}?`;
      problems.push(new InputProblem(pathText([...issue.path, key]), `unknown input${advice}`));
    }
  }
  for (const issue of issues) {
    const path = pathText(issue.path);
    if (issue.code === "unrecognized_keys") continue;
    // A misspelt `modell` also causes `model: is required`. Report only the misspelt name.
    if (misspelt.has(path) && (issue.message === REQUIRED || issue.code === "custom")) continue;
    problems.push(new InputProblem(path, issue.message));
  }
  return problems;
}
