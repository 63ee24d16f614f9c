/** Declares a test that needs the steps before it. */
export type Step = (title: string, run: (this: Mocha.Context) => Promise<void>) => void;

interface Declared {
  title: string;
  run: (this: Mocha.Context) => Promise<void>;
  /** Set once the step has been started. */
  result?: Promise<void>;
}

/**
 * Returns a function to use in place of `it` for tests that depend on earlier tests. When a step is selected alone (`-g`), the
 * earlier steps run first. When a step fails, every later step fails immediately and names the failed step.
 *
 * @example
 * const step = sequence();
 * step("trains", async () => { await succeeds(stack.up()); });
 * step("changes nothing the second time", async () => { await succeeds(stack.up("--expect-no-changes")); });
 */
export function sequence(): Step {
  const declared: Declared[] = [];
  return (title, run) => {
    const earlier = [...declared];
    const own: Declared = { title, run };
    declared.push(own);
    it(title, async function () {
      const missing = earlier.filter(({ result }) => result === undefined);
      this.timeout(this.timeout() * (missing.length + 1));
      for (const step of earlier) {
        await started(step, this).catch((error: Error) => {
          throw new Error(`not run: the step "${step.title}" before it failed: ${error.message}`, { cause: error });
        });
      }
      await started(own, this);
    });
  };
}

function started(step: Declared, context: Mocha.Context): Promise<void> {
  step.result ??= step.run.call(context);
  return step.result;
}
