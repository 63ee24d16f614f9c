import { InputProblem } from "../problem";

/** Triggers stand in the state several times over, and in every diff; the hash of something large does as well. */
const MAX_TRIGGER_BYTES = 64 * 1024;

/** The rules that hold between several inputs, and those that a schema does not express. */
export function crossFieldProblems(inputs: Record<string, unknown>): InputProblem[] {
  const { jobType, classifierTargets, triggers } = inputs;
  const problems: InputProblem[] = [];
  const add = (path: string, message: string) => problems.push(new InputProblem(path, message));
  const hasTargets = classifierTargets !== undefined;

  if (isMissing(inputs.trainingFiles) && isMissing(inputs.repositories)) {
    add("trainingFiles", "is required unless there are repositories");
  }
  if (jobType === "completion" && hasTargets) {
    add("classifierTargets", 'expected none with jobType "completion"; targets are for "classifier"');
  } else if ((jobType === "classifier" || hasTargets) && isMissing(classifierTargets)) {
    add("classifierTargets", 'expected at least 1 element with jobType "classifier", got none');
  }
  const triggerBytes = Buffer.byteLength(JSON.stringify(triggers ?? []));
  if (triggerBytes > MAX_TRIGGER_BYTES) {
    add("triggers", `expected at most ${MAX_TRIGGER_BYTES} bytes as JSON, got ${triggerBytes}; give a hash instead`);
  }
  return problems;
}

const isMissing = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);
