/** An expected failure: its message is the whole explanation, for a person. */
export class ExplainedError extends Error {
  override readonly name = "ExplainedError";
}

/** Runs a command of the house; an expected failure is told without a stack trace. */
export function run(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof ExplainedError ? `\n${error.message}` : error);
    process.exitCode = 1;
  });
}
