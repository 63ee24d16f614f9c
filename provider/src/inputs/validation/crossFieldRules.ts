import { InputProblem } from "../problem";

/** Limit for `triggers`, because the state and every diff contain them. A hash can replace large values. */
const MAX_TRIGGER_BYTES = 64 * 1024;

/** Checks the rules between several inputs, and rules that the schema cannot express. */
export function crossFieldProblems(inputs: Record<string, unknown>): InputProblem[] {
  const { jobType, classifierTargets, triggers } = inputs;
  const problems: InputProblem[] = [];
  const add = (path: string, message: string) => problems.push(new InputProblem(path, message));
  const hasTargets = classifierTargets !== undefined;

  if (isMissing(inputs.trainingFiles) && isMissing(inputs.repositories)) {
    add("trainingFiles", "is required unless repositories is set");
  }
  if (jobType === "completion" && hasTargets) {
    add("classifierTargets", 'expected none with jobType "completion"; use jobType "classifier"');
  } else if ((jobType === "classifier" || hasTargets) && isMissing(classifierTargets)) {
    add("classifierTargets", 'expected at least 1 element with jobType "classifier", got none');
  }
  const triggerBytes = Buffer.byteLength(JSON.stringify(triggers ?? []));
  if (triggerBytes > MAX_TRIGGER_BYTES) {
    add("triggers", `expected at most ${MAX_TRIGGER_BYTES} bytes as JSON, got ${triggerBytes}; use a hash instead`);
  }
  return problems;
}

const isMissing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
