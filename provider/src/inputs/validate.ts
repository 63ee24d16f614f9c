import { z } from "zod";
import { inputsSchema } from "../schema/inputs";
import { isWithin, unknownPaths } from "./unknowns";

/** What is wrong with an input: where, and what was expected. */
export class InputProblem extends Error {
  /** @param path where: `trainingFiles[0].weight` */
  constructor(path: string, message: string) {
    super(path === "" ? message : `${path}: ${message}`);
    this.name = "InputProblem";
  }
}

/** `["trainingFiles", 0, "weight"]` → `trainingFiles[0].weight` */
export const pathText = (path: PropertyKey[]) => z.core.toDotPath(path);

/**
 * Holds the user's inputs against the schema. What a preview does not know yet passes. No message holds a value: it could
 * be a secret.
 */
export function validate(inputs: Record<string, unknown>): InputProblem[] {
  const unknown = unknownPaths(inputs);
  const { error } = inputsSchema.safeParse(inputs);
  const issues = (error?.issues ?? []).filter((issue) => !isWithin(issue.path, unknown));
  return [
    ...issues.map((issue) => new InputProblem(pathText(issue.path), issue.message)),
    ...(issues.length > 0 ? [] : acrossInputs(inputs)),
  ];
}

/** The rules that hold between several inputs. */
function acrossInputs(inputs: Record<string, unknown>): InputProblem[] {
  const problems: InputProblem[] = [];
  const has = (name: string) => inputs[name] !== undefined;
  if (!has("trainingFiles") && !has("repositories")) {
    problems.push(new InputProblem("trainingFiles", "expected at least one training file (or `repositories`)"));
  }
  if (inputs.jobType === "completion" && has("classifierTargets")) {
    problems.push(new InputProblem("classifierTargets", 'only a job with jobType "classifier" has targets'));
  }
  if (inputs.jobType === "classifier" && !has("classifierTargets")) {
    problems.push(new InputProblem("classifierTargets", 'a job with jobType "classifier" needs at least one target'));
  }
  return problems;
}
