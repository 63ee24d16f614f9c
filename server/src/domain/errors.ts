/** A mistake in the options or files that the operator gives: shown as one line, without a stack trace. */
export class UsageError extends Error {
  override name = "UsageError";
}
