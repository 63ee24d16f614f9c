import type { z } from "zod";
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
  const problems = schemaProblems(inputsSchema, inputs);
  return problems.length > 0 ? problems : crossFieldProblems(inputs);
}

/** Validates values against any schema, with the same messages. */
export function schemaProblems(schema: z.ZodObject, values: Record<string, unknown>): InputProblem[] {
  const unknown = unknownPaths(values);
  const { error } = schema.safeParse(values, { error: inputMessage });
  const issues = (error?.issues ?? []).filter((issue) => !isWithin(issue.path, unknown));

  const problems: InputProblem[] = [];
  const misspelt = new Set<string>();
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    misspelt.add(pathText(issue.path));
    for (const key of issue.keys) {
      const meant = nearestName(key, issue.path, schema);
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
