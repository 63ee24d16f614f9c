/** A condition that can pass and is not the job's fault, for example a cluster that is unreachable. Retried. */
export class TemporaryError extends Error {
  override name = "TemporaryError";
}

/** SQLite's result codes about the machine or the disk. The other codes are about the statement. */
const SQLITE = /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|INTERRUPT|IOERR|LOCKED|NOMEM|NOTADB|PERM|PROTOCOL|READONLY)(_|$)/;

/** Codes of system calls: `EMFILE`, `EAI_AGAIN`. Node.js's own codes begin with `ERR_`. */
const SYSTEM_CALL = /^E([A-Z0-9]+|AI_[A-Z]+)$/;

/** A thread that checks data cannot be started: see `ThreadError` of the data rules. */
const CHECK_THREAD = "ERR_CHECK_THREAD";

/**
 * These codes are about one job: a file is missing or already exists, or a path, a file or a command line is too long. A
 * retry would fail again.
 */
const ABOUT_THE_JOB = ["ENOENT", "EEXIST", "E2BIG", "EFBIG", "ELOOP", "ENAMETOOLONG"];

const REASONS: [codes: RegExp, reason: string][] = [
  [/^E[MN]FILE$/, "too many files are open"],
  [/^(ENOSPC|EDQUOT|SQLITE_FULL)/, "the disk is full"],
  [/^(EIO|ESTALE|EROFS|SQLITE_)/, "the disk has errors or is not available"],
  [/^(EACCES|EPERM|EISDIR|ENOTDIR)$/, "a file or folder cannot be accessed"],
  [/^(ENOMEM|EAGAIN|ERR_CHECK_THREAD)$/, "the machine is short of memory or processes"],
  [/^(ECONN|ETIMEDOUT|EHOST|ENET|EAI_|EPIPE)/, "a network connection fails"],
];

/**
 * Whether an error is from the operating system, SQLite or the network: it may pass, and says nothing about the job.
 * False for logic errors, and for a missing file.
 */
export function isSystemError(error: unknown): boolean {
  return error instanceof TemporaryError || codeOf(error) !== undefined;
}

/** Describes a system error in general words, without paths: `too many files are open (EMFILE)`. */
export function describeSystemError(error: unknown): string {
  const code = codeOf(error);
  // The message of a temporary error can contain addresses, and /readyz shows the description to everyone.
  if (code === undefined) return "an action failed; see the log of the server";
  const reason = REASONS.find(([codes]) => codes.test(code))?.[1] ?? "a system call fails";
  return `${reason} (${code})`;
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (code === CHECK_THREAD) return code;
  if (typeof code === "string" && (SQLITE.test(code) || (SYSTEM_CALL.test(code) && !ABOUT_THE_JOB.includes(code)))) {
    return code;
  }
  return codeOf(error.cause);
}
