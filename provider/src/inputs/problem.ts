/** What is wrong with an input: where, and what was expected. */
export class InputProblem extends Error {
  /** @param path where: `trainingFiles[0].weight` */
  constructor(path: string, message: string) {
    super(path === "" ? message : `${path}: ${message}`);
    this.name = "InputProblem";
  }
}

/** A value, or undefined after noting why there is none. */
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
