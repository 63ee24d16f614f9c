/** An invalid input: its path, and what was expected. */
export class InputProblem extends Error {
  /** @param path path of the input: `trainingFiles[0].weight` */
  constructor(
    readonly path: string,
    message: string,
  ) {
    super(path === "" ? message : `${path}: ${message}`);
    this.name = "InputProblem";
  }
}

/** Runs `produce` and returns its result. Adds a thrown `InputProblem` to `problems` and returns undefined. */
export async function collectProblem<T>(
  problems: InputProblem[],
  produce: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await produce();
  } catch (error) {
    if (!(error instanceof InputProblem)) throw error;
    problems.push(error);
    return undefined;
  }
}

/** `["trainingFiles", 0, "weight"]` → `trainingFiles[0].weight` */
export function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    return /^[\w$]+$/.test(String(part)) ? `.${String(part)}` : `[${JSON.stringify(String(part))}]`;
  });
  return parts.join("").replace(/^\./, "");
}
