import { open } from "node:fs/promises";

const TAIL_BYTES = 8 * 1024;
const TAIL_LINES = 8;

/** What programs write when something common goes wrong, and how to say it. */
const CAUSES: [pattern: RegExp, words: string][] = [
  [/No space left on device|\bENOSPC\b/, "The disk is full"],
  [
    /out of memory|OutOfMemoryError|Cannot allocate memory|\bMemoryError\b|DefaultCPUAllocator/i,
    "Memory ran out; a smaller seq_len or batch size, or 4-bit loading, takes less",
  ],
  [/ModuleNotFoundError: No module named '([\w.]+)'/, "The Python module $1 is not installed"],
  [/^.*\bcannot run (\S+): .*ENOENT/m, "The program $1 does not exist"],
];

/** The reason of a failure in words, with the end of the log. */
export async function describeFailure(reason: string, logPath: string): Promise<string> {
  const text = await tail(logPath);
  const cause = CAUSES.map(([pattern, words]) => pattern.exec(text)?.[0].replace(pattern, words)).find(Boolean);
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
  const file = await open(path).catch(() => undefined);
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
    // Neither control characters nor half a character belong into a reply.
    return buffer
      .subarray(0, bytesRead)
      .toString("utf8")
      .replace(/[^\P{C}\n\t]|\ufffd/gu, "");
  } finally {
    await file.close();
  }
}
