import { openToRead } from "./programFile";

const TAIL_BYTES = 8 * 1024;
const TAIL_LINES = 8;

/** Common errors in the logs of training programs, and an explanation for each. */
const CAUSES: [pattern: RegExp, explanation: string][] = [
  [/No space left on device|\bENOSPC\b/, "The disk is full"],
  [
    /out of memory|OutOfMemoryError|Cannot allocate memory|\bMemoryError\b|DefaultCPUAllocator/i,
    "Out of memory; reduce seq_len or the batch size, or load the model in 4 bits",
  ],
  [/ModuleNotFoundError: No module named '([\w.]+)'/, "The Python module $1 is not installed"],
  [/^.*\bcannot run (\S+): .*ENOENT/m, "The program $1 does not exist"],
];

/** Adds the end of the log to a failure reason, preceded by an explanation if the log contains a common error. */
export async function describeFailure(reason: string, logPath: string): Promise<string> {
  const text = await tail(logPath);
  const cause = CAUSES.map(([pattern, explanation]) => pattern.exec(text)?.[0].replace(pattern, explanation)).find(
    Boolean,
  );
  const lines = text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-TAIL_LINES);
  return [
    cause === undefined ? reason : `${cause}. ${reason}`,
    lines.length === 0 ? "its log is empty" : `its log ends with:\n${lines.join("\n")}`,
  ].join("; ");
}

async function tail(path: string): Promise<string> {
  const file = await openToRead(path);
  if (file === undefined) {
    return "";
  }
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(TAIL_BYTES),
      0,
      TAIL_BYTES,
      Math.max(0, size - TAIL_BYTES),
    );
    // Remove control characters, and the replacement character of a UTF-8 sequence that the read cut in half.
    return buffer
      .subarray(0, bytesRead)
      .toString("utf8")
      .replace(/[^\P{C}\n\t]|\ufffd/gu, "");
  } finally {
    await file.close();
  }
}
