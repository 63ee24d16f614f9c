/** An invalid option, or an invalid file that the operator provides. Shown as one line, without a stack trace. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The current state does not allow the operation, for example starting a job that has ended. HTTP status 409. */
export class ConflictError extends Error {
  override name = "ConflictError";
}

/** A file exceeds the size limit. HTTP status 413. */
export class TooLargeError extends Error {
  override name = "TooLargeError";
}
