/** In CI, a test whose requirement is missing fails. On a developer's machine it is skipped. */
export const inCi = Boolean(process.env.CI);

/** Skips the running test or suite because something is missing on this machine. In CI it throws instead. */
export function skipUnlessCi(context: Mocha.Context, missing: string): never {
  if (inCi) throw new Error(missing);
  console.log(`      skipped: ${missing}`);
  return context.skip();
}
