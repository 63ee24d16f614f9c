/** A thread cannot be started, or has ended for a reason other than its data. The machine may be short of memory or processes. */
export class ThreadError extends Error {
  override name = "ThreadError";
  readonly code = "ERR_CHECK_THREAD";
}
