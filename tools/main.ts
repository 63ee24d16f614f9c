/** An expected failure. The message alone explains it, so no stack trace is printed. */
export class ExplainedError extends Error {
  override readonly name = "ExplainedError";
}

/** Runs a script's `main`. On failure prints the error (without a stack trace for an `ExplainedError`) and sets exit code 1. */
export function runMain(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    console.error(error instanceof ExplainedError ? `\n${error.message}` : error);
    process.exitCode = 1;
  });
}
